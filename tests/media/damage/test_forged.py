"""Headers that lie about lengths, and tags that hold or hide what looks like audio."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.media.conftest import Room
from tests.media.corpus import SAMPLES, ffmpeg, riff
from tests.media.damage.trying import Outcome, assert_told, outcome_of
from zerokerf.errors import CorruptFile, UnsupportedFormat

pytestmark = pytest.mark.asyncio(loop_scope="session")

HUGE = 0xFFFFFFFF
Forge = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Lie:
    """What is announced then, and whether that is to be taken for a loss."""

    forge: Forge
    announced: int | None = None


def number(data: bytes, mark: bytes, offset: int, value: int, order: str = ">I") -> bytes:
    """With another number so many bytes behind a mark."""
    at = data.index(mark) + len(mark) + offset
    return data[:at] + struct.pack(order, value) + data[at + struct.calcsize(order) :]


def streaminfo(total: int) -> Forge:
    def forge(data: bytes) -> bytes:
        packed = int.from_bytes(data[18:26], "big") >> 36 << 36 | total
        return data[:18] + packed.to_bytes(8, "big") + data[26:]

    return forge


def frames(count: int) -> Forge:
    return lambda data: number(data, b"Info", 4, count)


def size(count: int) -> Forge:
    return lambda data: number(data, b"Info", 8, count)


def wav(size_bytes: int) -> Forge:
    return lambda data: number(data, b"data", 0, size_bytes, "<I")


#: Lengths that are announced and not there: kept, and told with both numbers.
TOO_LONG: dict[str, tuple[str, Lie]] = {
    "wav, a gigabyte": ("16bit.wav", Lie(wav(10**9), 10**9 // 4)),
    "wav, nearly the limit": ("16bit.wav", Lie(wav(HUGE - 1), (HUGE - 1) // 4)),
    "flac, one more": ("16bit.flac", Lie(streaminfo(SAMPLES + 1), SAMPLES + 1)),
    "flac, days": ("16bit.flac", Lie(streaminfo((1 << 36) - 1), (1 << 36) - 1)),
    "mp3, twice": ("cbr.mp3", Lie(frames(250), 250 * 1152 - 1152 - 529)),
}

#: Lengths that say less than there is, or nothing: everything is kept, and nothing is missing.
TOO_SHORT: dict[str, tuple[str, Forge]] = {
    "wav, never filled in": ("16bit.wav", wav(0)),
    "wav, of a stream": ("16bit.wav", wav(HUGE)),
    "wav, no RIFF size": ("16bit.wav", lambda data: data[:4] + bytes(4) + data[8:]),
    "flac, not known": ("16bit.flac", streaminfo(0)),
    "flac, one": ("16bit.flac", streaminfo(1)),
    "flac, two thirds": ("16bit.flac", streaminfo(SAMPLES * 2 // 3)),
    "mp3, no frame": ("cbr.mp3", frames(0)),
    "mp3, one frame": ("cbr.mp3", frames(1)),
    "mp3, half": ("cbr.mp3", frames(60)),
    "mp3, few bytes": ("cbr.mp3", size(100)),
    "mp3, all bytes there could be": ("cbr.mp3", size(HUGE)),
}

#: MP4 tables with the index in front: field, offset behind its name, value.
TABLES: dict[str, tuple[bytes, int, int]] = {
    "more packets": (b"stsz", 8, 10_000),
    "all packets there could be": (b"stsz", 8, HUGE),
    "fewer packets": (b"stsz", 8, 100),
    "one size for all": (b"stsz", 4, 1000),
    "a huge packet": (b"stsz", 52, (1 << 31) - 1),
    "packets twice as long": (b"stts", 12, 2048),
    "no length": (b"mdhd", 16, 0),
    "ten times the length": (b"mdhd", 16, 10 * SAMPLES),
    "a film of days": (b"mvhd", 16, HUGE),
    "a chunk at the start": (b"stco", 8, 10),
    "a chunk beyond the end": (b"stco", 8, 1 << 31),
    "an edit of nothing": (b"elst", 8, 0),
    "an empty edit": (b"elst", 12, HUGE),
}

WAV_SHAPES = {"no channels": 22, "no sample size": 32}


async def forged(room: Room, content: bytes, name: str) -> Outcome:
    path = room.folder / name
    path.write_bytes(content)
    return await outcome_of(room, path)


@pytest.mark.parametrize("case", TOO_LONG)
async def test_what_is_announced_and_not_there_is_told(case: str, sources: Path, room: Room) -> None:
    name, lie = TOO_LONG[case]

    outcome = await forged(room, lie.forge((sources / name).read_bytes()), name)

    assert SAMPLES <= outcome.found_samples <= SAMPLES + 1152
    assert outcome.expected_samples is not None
    assert abs(outcome.expected_samples - (lie.announced or 0)) <= 1152
    assert_told(outcome)


@pytest.mark.parametrize("case", TOO_SHORT)
async def test_what_is_there_and_not_announced_is_kept(case: str, sources: Path, room: Room) -> None:
    name, forge = TOO_SHORT[case]

    outcome = await forged(room, forge((sources / name).read_bytes()), name)

    assert SAMPLES <= outcome.found_samples <= SAMPLES + 1152
    assert (outcome.refused, outcome.notes) == (None, ())


@pytest.mark.parametrize("case", TABLES)
async def test_forged_tables_end_in_an_error_or_in_the_truth(case: str, sources: Path, room: Room) -> None:
    whole = room.folder / "whole.m4a"
    original = sources / "aac.m4a"
    ffmpeg(room.decoder.binary, "-i", original, "-c", "copy", "-movflags", "+faststart", whole)
    table, offset, value = TABLES[case]

    outcome = await forged(room, number(whole.read_bytes(), table, offset, value), "forged.m4a")

    if outcome.error is not None:
        assert isinstance(outcome.error, CorruptFile)
    elif outcome.found_samples < SAMPLES:
        assert_told(outcome)


@pytest.mark.parametrize("case", WAV_SHAPES)
async def test_a_wav_of_no_shape_is_refused(case: str, sources: Path, room: Room) -> None:
    data = (sources / "16bit.wav").read_bytes()
    at = WAV_SHAPES[case]

    outcome = await forged(room, data[:at] + bytes(2) + data[at + 2 :], "shapeless.wav")

    assert isinstance(outcome.error, CorruptFile)


async def test_half_a_sample_is_none(room: Room) -> None:
    outcome = await forged(room, riff(3, b"\1\2\3"), "half.wav")

    assert isinstance(outcome.error, CorruptFile)
    assert "no samples" in str(outcome.error)


# ---- tags


def synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3(body: bytes, claimed_bytes: int | None = None) -> bytes:
    return b"ID3\x04\0\0" + synchsafe(len(body) if claimed_bytes is None else claimed_bytes) + body


def id3_frame(name: bytes, body: bytes) -> bytes:
    return name + synchsafe(len(body)) + b"\0\0" + body


def ape(item: bytes) -> bytes:
    body = struct.pack("<II", len(item), 2) + b"ghost\0" + item
    sizes = struct.pack("<III", 2000, len(body) + 32, 1)
    head, foot = (
        b"APETAGEX" + sizes + struct.pack("<I", flags) + bytes(8) for flags in (0xA << 28, 0x8 << 28)
    )
    return head + body + foot


@pytest.fixture
def bare(sources: Path, room: Room) -> dict[str, bytes]:
    """Streams without any tag."""
    path = room.folder / "bare.mp3"
    ffmpeg(
        room.decoder.binary,
        "-i",
        sources / "cbr.mp3",
        "-c",
        "copy",
        "-id3v2_version",
        "0",
        "-map_metadata",
        "-1",
        path,
    )
    return {"mp3": path.read_bytes(), "aac": (sources / "adts.aac").read_bytes()}


@pytest.mark.parametrize("kind", ["mp3", "aac"])
@pytest.mark.parametrize("tail", [b"", b"TAG"])
async def test_frames_inside_a_tag_are_no_audio(
    kind: str, tail: bytes, bare: dict[str, bytes], room: Room
) -> None:
    audio = bare[kind]
    ghosts = id3(id3_frame(b"TIT2", b"\0hi") + id3_frame(b"GEOB", bytes(4) + audio[:20_000]))
    behind = (tail + audio[-125:]) if tail else b""
    whole = await forged(room, audio, f"whole.{kind}")

    outcome = await forged(room, ghosts + audio + behind, f"ghosts.{kind}")

    # A decoder may take a frame in the last tag for one more of ADTS: nothing is lost by that.
    assert outcome.notes == ()
    assert 0 <= outcome.found_samples - whole.found_samples <= (1024 if tail else 0)


async def test_frames_in_a_tag_behind_the_audio_are_told(bare: dict[str, bytes], room: Room) -> None:
    outcome = await forged(room, bare["mp3"] + ape(bare["mp3"][2_000:20_000]), "ghosts.mp3")

    assert outcome.found_samples >= SAMPLES
    assert_told(outcome)


async def test_a_lone_frame_in_junk_is_not_where_audio_begins(bare: dict[str, bytes], room: Room) -> None:
    junk = bytes(300) + b"\xff\xfb\x90\x00" + bytes(700)

    outcome = await forged(room, junk + bare["mp3"], "junk.mp3")

    assert outcome.error is None
    assert SAMPLES <= outcome.found_samples <= SAMPLES + 2 * 1152


@pytest.mark.parametrize("kind", ["mp3", "aac"])
@pytest.mark.parametrize("claimed_bytes", [1_000, 25_000, 1 << 28])
async def test_a_tag_that_claims_audio_is_told(
    kind: str, claimed_bytes: int, bare: dict[str, bytes], room: Room
) -> None:
    """Otherwise a part of the recording would be missing without a word."""
    for body in (b"", id3_frame(b"TIT2", b"\0hi"), id3_frame(b"TIT2", b"\0hi") + bytes(50)):
        lying = id3(body, min(claimed_bytes, (1 << 28) - 1)) + bare[kind]

        outcome = await forged(room, lying, f"lying.{kind}")

        assert isinstance(outcome.error, CorruptFile)
        assert "tags claim" in str(outcome.error)


async def test_a_tag_that_claims_too_little_costs_nothing(bare: dict[str, bytes], room: Room) -> None:
    lying = id3(id3_frame(b"TIT2", bytes(3_000)), 5) + bare["mp3"]

    outcome = await forged(room, lying, "lying.mp3")

    assert SAMPLES <= outcome.found_samples <= SAMPLES + 2 * 1152


async def test_nothing_but_tags_is_no_recording(room: Room) -> None:
    for content in (id3(b""), id3(id3_frame(b"TIT2", bytes(500))), id3(b"") * 3, ape(b"x" * 99)):
        outcome = await forged(room, content, "tags.mp3")

        assert isinstance(outcome.error, CorruptFile | UnsupportedFormat)
