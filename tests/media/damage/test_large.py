"""Sources that are more than anybody expects: giant covers, endless chapters, odd codecs and shapes."""

import resource
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from server.media.chapters.read import MAX_CHAPTERS, read_chapters
from server.media.facts import MediaLimits
from server.media.probing.probe import probe
from server.media.probing.sniff import sniff
from tests.media.conftest import Room
from tests.media.corpus import RATE, SAMPLES, ffmpeg
from tests.media.damage.test_forged import id3, id3_frame
from tests.media.damage.trying import assert_told, outcome_of
from zerokerf.errors import CorruptFile, TooManyChapters, UnsupportedFormat
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

GIB = 1 << 30
COVER_BYTES = 20_000_000
CHAPTERS = 100_000


def sparse(path: Path, head: bytes, size_bytes: int) -> Path:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + size_bytes)
    return path


def rf64(data_bytes: int) -> bytes:
    sizes = b"ds64" + struct.pack("<IQQQI", 28, data_bytes + 72, data_bytes, data_bytes // 4, 0)
    shape = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 2, RATE, RATE * 4, 4, 16)
    return b"RF64\xff\xff\xff\xffWAVE" + sizes + shape + b"data\xff\xff\xff\xff"


@pytest.mark.parametrize(("announced", "there"), [(5 * GIB, 5 * GIB), (5 * GIB, 3 * GIB)])
async def test_gigabytes_of_rf64_cost_no_time_and_no_memory(announced: int, there: int, room: Room) -> None:
    path = sparse(room.folder / "large.wav", rf64(announced), there)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()

    outcome = await outcome_of(room, path)

    assert time.monotonic() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB
    assert outcome.found_samples == there // 4
    assert outcome.expected_samples == announced // 4
    assert bool(outcome.notes) == (there < announced)


# ---- covers


def mp3_cover(audio: bytes) -> bytes:
    return id3(id3_frame(b"APIC", b"\0image/jpeg\0\3\0\xff\xd8\xff\xe0" + bytes(COVER_BYTES))) + audio


def flac_cover(audio: bytes) -> bytes:
    """A block cannot be longer than 16 MiB."""
    picture = b"\xff\xd8\xff\xe0" + bytes((1 << 24) - 100)
    body = (
        struct.pack(">II", 3, 10)
        + b"image/jpeg"
        + struct.pack(">IIIIII", 0, 9, 9, 24, 0, len(picture))
        + picture
    )
    return audio[:4] + b"\0" + audio[5:42] + b"\6" + len(body).to_bytes(3, "big") + body + audio[42:]


def mp4_cover(audio: bytes) -> bytes:
    """As a box of tags without a movie, behind the movie that there is."""
    data = struct.pack(">I4sII", COVER_BYTES + 16, b"data", 13, 0) + bytes(COVER_BYTES)
    cover = struct.pack(">I4s", len(data) + 8, b"covr") + data
    items = struct.pack(">I4s", len(cover) + 8, b"ilst") + cover
    meta = struct.pack(">I4sI", len(items) + 12, b"meta", 0) + items
    return audio + struct.pack(">I4s", len(meta) + 8, b"udta") + meta


COVERED: dict[str, Callable[[bytes], bytes]] = {
    "cbr.mp3": mp3_cover,
    "16bit.flac": flac_cover,
    "aac.m4a": mp4_cover,
}


@pytest.mark.parametrize("name", COVERED)
async def test_a_giant_cover_changes_nothing(name: str, sources: Path, room: Room) -> None:
    path = room.folder / name
    path.write_bytes(COVERED[name]((sources / name).read_bytes()))

    outcome = await outcome_of(room, path)

    assert (outcome.found_samples, outcome.notes) == (SAMPLES, ())


@pytest.mark.parametrize("name", ["cbr.mp3", "16bit.flac"])
async def test_a_file_that_ends_within_its_cover_is_told(name: str, sources: Path, room: Room) -> None:
    path = room.folder / name
    path.write_bytes(COVERED[name]((sources / name).read_bytes())[: COVER_BYTES // 2])

    outcome = await outcome_of(room, path)

    assert isinstance(outcome.error, CorruptFile)


# ---- chapters


def mp3_chapters(room: Room, sources: Path) -> Path:
    def chapter(number: int) -> bytes:
        times = struct.pack(">IIII", number, number + 1, 0xFFFFFFFF, 0xFFFFFFFF)
        return id3_frame(b"CHAP", b"c%d\0" % number + times + id3_frame(b"TIT2", b"\0%d" % number))

    path = room.folder / "chapters.mp3"
    path.write_bytes(id3(b"".join(map(chapter, range(CHAPTERS)))) + (sources / "cbr.mp3").read_bytes())
    return path


def mp4_chapters(room: Room, sources: Path) -> Path:
    script, path = room.folder / "chapters.txt", room.folder / "chapters.m4a"
    lines = (
        f"[CHAPTER]\nTIMEBASE=1/100000\nSTART={n * 3}\nEND={n * 3 + 3}\ntitle={n}\n" for n in range(CHAPTERS)
    )
    script.write_text(";FFMETADATA1\n" + "".join(lines))
    inputs = ("-i", sources / "aac.m4a", "-i", script)
    ffmpeg(room.decoder.binary, *inputs, "-map_chapters", "1", "-map", "0:a", "-c", "copy", path)
    return path


def flac_chapters(room: Room, sources: Path) -> Path:
    """As comments, which are searched one by one for each other."""
    comments = [b"CHAPTER%06d=00:00:01.000" % number for number in range(CHAPTERS)]
    listed = b"".join(struct.pack("<I", len(text)) + text for text in comments)
    body = struct.pack("<I", 0) + struct.pack("<I", len(comments)) + listed
    audio = (sources / "16bit.flac").read_bytes()
    path = room.folder / "chapters.flac"
    path.write_bytes(
        audio[:4] + b"\0" + audio[5:42] + b"\4" + len(body).to_bytes(3, "big") + body + audio[42:]
    )
    return path


@pytest.mark.parametrize("make", [mp3_chapters, mp4_chapters])
async def test_endless_chapters_are_no_hindrance_and_are_not_listed(
    make: Callable[[Room, Path], Path], sources: Path, room: Room
) -> None:
    path = make(room, sources)

    outcome = await outcome_of(room, path)

    assert (outcome.found_samples, outcome.notes) == (SAMPLES, ())
    with pytest.raises(TooManyChapters, match=str(MAX_CHAPTERS)):
        await read_chapters(path, sniff(path), room.limits, room.prober)


async def test_what_takes_too_long_to_examine_is_refused(sources: Path, room: Room) -> None:
    path = flac_chapters(room, sources)

    with pytest.raises(CorruptFile, match="more memory or time than is allowed"):
        await probe(path, MediaLimits(probe_cpu_s=1), room.prober)


# ---- codecs


@pytest.mark.parametrize(
    "codec", ["adpcm_ima_wav", "pcm_alaw", "pcm_mulaw", "pcm_s64le", "libmp3lame", "ac3"]
)
async def test_odd_codecs_in_wav_are_decoded_or_refused(codec: str, sources: Path, room: Room) -> None:
    path = room.folder / "odd.wav"
    ffmpeg(room.decoder.binary, "-i", sources / "16bit.wav", "-c:a", codec, "-f", "wav", path)

    outcome = await outcome_of(room, path)

    if outcome.error is not None:
        assert isinstance(outcome.error, CorruptFile | UnsupportedFormat)
    else:
        assert SAMPLES <= outcome.found_samples <= SAMPLES + 4096
        assert outcome.notes == ()


@pytest.mark.parametrize(
    ("codec", "container"),
    [("flac", "ogg"), ("ac3", "mp4"), ("mp2", "mp3"), ("alac", "mov"), ("pcm_s16be", "mov")],
)
async def test_odd_codecs_elsewhere_are_decoded_or_refused(
    codec: str, container: str, sources: Path, room: Room
) -> None:
    path = room.folder / "odd"
    muxer = "mp2" if codec == "mp2" else container
    ffmpeg(room.decoder.binary, "-i", sources / "16bit.wav", "-c:a", codec, "-f", muxer, path)

    outcome = await outcome_of(room, path)

    if outcome.error is not None:
        assert isinstance(outcome.error, UnsupportedFormat)
    else:
        assert SAMPLES <= outcome.found_samples <= SAMPLES + 4096
        assert outcome.notes == ()


@pytest.mark.parametrize("codec", ["adpcm_ima_wav", "pcm_alaw"])
async def test_an_odd_codec_cut_short_is_told(codec: str, sources: Path, room: Room) -> None:
    path = room.folder / "odd.wav"
    ffmpeg(room.decoder.binary, "-i", sources / "16bit.wav", "-c:a", codec, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    outcome = await outcome_of(room, path)

    assert 0.4 * SAMPLES < outcome.found_samples < 0.6 * SAMPLES
    assert_told(outcome)


@pytest.mark.parametrize("target", [Format.FLAC, Format.OGG, Format.OPUS, Format.M4A])
@pytest.mark.parametrize(("rate", "channels"), [(192_000, 2), (96_000, 6), (48_000, 8), (8_000, 1)])
async def test_odd_shapes_are_read_from_every_format(
    target: Format, rate: int, channels: int, room: Room
) -> None:
    path = room.folder / f"odd.{target.extension}"
    codec = {Format.OGG: ("-c:a", "libvorbis"), Format.OPUS: ("-c:a", "libopus", "-mapping_family", "1")}
    layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[channels]
    tone = f"aevalsrc={'|'.join(['0.1*sin(900*t)'] * channels)}:s={rate}:c={layout}:d=0.3"
    options = codec.get(target, ())
    ffmpeg(room.decoder.binary, "-f", "lavfi", "-i", tone, *options, path)

    outcome = await outcome_of(room, path)

    assert outcome.decoded is not None
    pcm = outcome.decoded.pcm
    assert (pcm.channels, outcome.notes) == (channels, ())
    # FFmpeg cannot trim Vorbis whose audio lies in one page, and starts it half a block late.
    slack = 256 if target is Format.OGG else 2
    assert abs(pcm.sample_count - 0.3 * pcm.sample_rate) <= slack
