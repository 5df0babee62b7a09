"""Damage in the midst of a recording is decoded past; what it costs is told wherever it can be seen."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from server.media.decode import decode
from server.media.decoder import Decoder
from server.media.integrity import integrity_notes
from tests.media.conftest import Room
from tests.media.corpus import SAMPLES, ffmpeg
from tests.media.damage.trying import Outcome, assert_told, corrupted, outcome_of
from zerokerf.errors import CorruptFile

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: Where their headers end at the latest.
STARTS = {
    "16bit.flac": 9_000,
    "24bit.flac": 9_000,
    "cbr.mp3": 2_000,
    "vbr.mp3": 2_000,
    "no_xing.mp3": 2_000,
    "vorbis.ogg": 5_000,
    "celt.opus": 2_000,
    "adts.aac": 2_000,
}
#: Their frames or pages have checksums, so that nothing stays unseen.
CHECKED = ("16bit.flac", "24bit.flac", "vorbis.ogg", "celt.opus")

Change = Callable[[bytes, int, random.Random], bytes]


def bit(data: bytes, start: int, rng: random.Random) -> bytes:
    at = rng.randrange(start, len(data) - 2_000)
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def bursts(data: bytes, start: int, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(40):
        at = rng.randrange(start, len(data) - 2_000)
        changed[at : at + 8] = rng.randbytes(8)
    return bytes(changed)


def hole(data: bytes, start: int, rng: random.Random) -> bytes:
    at = rng.randrange(start, len(data) - 8_000)
    return data[:at] + bytes(5_000) + data[at + 5_000 :]


def removal(data: bytes, start: int, rng: random.Random) -> bytes:
    at = rng.randrange(start, len(data) - 8_000)
    return data[:at] + data[at + 3_000 :]


def insertion(data: bytes, start: int, rng: random.Random) -> bytes:
    at = rng.randrange(start, len(data) - 2_000)
    return data[:at] + rng.randbytes(3_000) + data[at:]


def rot(data: bytes, start: int, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for at in range(start, len(data) - 2_000, 40):
        changed[at] ^= rng.randrange(256)
    return bytes(changed)


CHANGES: dict[str, Change] = {
    "a bit": bit,
    "bursts": bursts,
    "a hole": hole,
    "a removal": removal,
    "an insertion": insertion,
    "rot": rot,
}


async def changed(room: Room, source: Path, change: Change, seed: int) -> Outcome:
    path = room.folder / source.name
    path.write_bytes(change(source.read_bytes(), STARTS[source.name], random.Random(seed)))
    return await outcome_of(room, path)


@pytest.mark.parametrize("name", CHECKED)
@pytest.mark.parametrize("change", CHANGES)
async def test_damage_under_a_checksum_is_always_told(
    name: str, change: str, sources: Path, room: Room
) -> None:
    for seed in range(3):
        outcome = await changed(room, sources / name, CHANGES[change], seed)

        if outcome.error is not None:
            assert isinstance(outcome.error, CorruptFile)
        else:
            assert_told(outcome)


@pytest.mark.parametrize("name", [name for name in STARTS if name not in CHECKED])
@pytest.mark.parametrize("change", [change for change in CHANGES if change != "a bit"])
async def test_lost_frames_are_told(name: str, change: str, sources: Path, room: Room) -> None:
    whole = await outcome_of(room, sources / name)
    for seed in range(3):
        outcome = await changed(room, sources / name, CHANGES[change], seed)

        assert outcome.error is None
        if outcome.found_samples < whole.found_samples:
            assert_told(outcome)


@pytest.mark.parametrize("name", ["cbr.mp3", "adts.aac"])
@pytest.mark.parametrize("count", [1, 2, 5])
async def test_interruptions_are_counted(name: str, count: int, sources: Path, room: Room) -> None:
    data = (sources / name).read_bytes()
    step = len(data) // (count + 1)
    path = room.folder / name
    path.write_bytes(corrupted(data, range(step, len(data) - step // 2, step), 2_000))

    outcome = await outcome_of(room, path)

    assert_told(outcome)
    assert outcome.refused is not None
    assert outcome.refused.facts["resyncs"] == str(count)
    assert any(f"in {count} place" in note for note in outcome.notes)


async def test_samples_of_frames_that_a_decoder_gave_up_are_expected(sources: Path, room: Room) -> None:
    data = (sources / "adts.aac").read_bytes()
    path = room.folder / "adts.aac"
    path.write_bytes(corrupted(data, range(len(data) // 2, len(data) // 2 + 1), 2_000))

    outcome = await outcome_of(room, path)

    assert outcome.expected_samples is not None
    assert outcome.found_samples < outcome.expected_samples < SAMPLES


async def test_a_damaged_end_behind_a_hole_is_told_too(sources: Path, room: Room) -> None:
    data = (sources / "no_xing.mp3").read_bytes()
    path = room.folder / "no_xing.mp3"
    path.write_bytes(corrupted(data, range(20_000, 20_001), 2_000)[:40_000])

    outcome = await outcome_of(room, path)

    assert outcome.decoded is not None
    integrity = outcome.decoded.integrity
    assert (integrity.resyncs, integrity.is_truncated, len(outcome.notes)) == (1, True, 2)


async def test_lost_pages_of_a_stream_that_is_never_copied_are_counted(sources: Path, room: Room) -> None:
    path = room.folder / "flac.ogg"
    ffmpeg(room.decoder.binary, "-i", sources / "16bit.flac", "-c", "copy", path)
    data = path.read_bytes()
    path.write_bytes(corrupted(data, range(len(data) // 4, len(data) // 4 + 1), 2_000)[:-500])

    outcome = await outcome_of(room, path)

    assert outcome.decoded is not None
    assert outcome.decoded.integrity.resyncs == 1
    assert outcome.decoded.integrity.is_truncated
    assert_told(outcome)


@pytest.mark.parametrize("name", ["aac.m4a", "alac.m4a"])
async def test_packets_that_do_not_decode_are_told(name: str, sources: Path, room: Room) -> None:
    path = room.folder / name
    path.write_bytes(corrupted((sources / name).read_bytes(), range(200, 30_000, 500)))

    outcome = await outcome_of(room, path)

    assert outcome.decoded is not None
    assert outcome.decoded.integrity.is_garbled
    assert_told(outcome)


@pytest.mark.parametrize("name", ["cbr.mp3", "16bit.flac", "adts.aac"])
async def test_most_of_a_lightly_damaged_recording_is_kept(name: str, sources: Path, room: Room) -> None:
    data = (sources / name).read_bytes()
    path = room.folder / name
    path.write_bytes(corrupted(data, range(len(data) // 2, len(data) // 2 + 1), 600))

    outcome = await outcome_of(room, path)

    assert outcome.found_samples > 0.9 * SAMPLES


async def test_a_decoder_that_gives_up_leaves_what_it_has_made(sources: Path, room: Room) -> None:
    """An exit code says little: what came out counts, and is told to be less than all."""
    program = room.folder / "gives-up"
    program.write_text(f'#!/bin/sh\n{room.decoder.binary} "$@"\nexit 69\n')
    program.chmod(0o755)
    facts = await room.probe(sources / "adpcm.wav")

    decoded = await decode(sources / "adpcm.wav", facts, room.folder, Decoder(program), room.limits)

    assert decoded.pcm.sample_count >= SAMPLES
    assert decoded.integrity.is_truncated
    assert integrity_notes(decoded.integrity, decoded.pcm.sample_count)


async def test_a_decoder_that_makes_nothing_is_told_as_damage(sources: Path, room: Room) -> None:
    facts = await room.probe(sources / "cbr.mp3")

    with pytest.raises(CorruptFile):
        await decode(sources / "cbr.mp3", facts, room.folder, Decoder(Path("/bin/false")), room.limits)
