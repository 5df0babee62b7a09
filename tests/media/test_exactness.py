"""No sample lost, none doubled: every segment is decoded alone, by two decoders, and counted."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from server.media.encoding.cut import cut_by_plan
from server.media.encoding.options import EncodePlan, plan_encode
from server.media.pcm import Pcm, SampleFormat
from server.media.plan.cuts import DurationMode, PlanOptions, plan_cuts
from server.media.segment import CutSegment
from server.media.verify import Proof, verify_segment
from tests.media.conftest import Room
from tests.media.corpus import SAMPLES, SOURCES, decode_all
from zerokerf.durations import milliseconds, segment_ms
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEMUXERS = {
    "w64": "w64",
    "wav": "wav",
    "flac": "flac",
    "mp3": "mp3",
    "ogg": "ogg",
    "opus": "ogg",
    "aac": "aac",
    "m4a": "mov",
}


async def cut(
    room: Room, pcm: Pcm, target: EncodePlan, segment_ns: int = 1_100_000_001
) -> list[tuple[CutSegment, Proof]]:
    cuts = plan_cuts(DurationMode(segment_ns), PlanOptions(), pcm.sample_count, pcm.sample_rate, room.limits)
    segments = cut_by_plan(pcm, cuts, target, room.folder, room.decoder, 2)
    return [(segment, await verify_segment(segment, target, pcm, room.decoder)) async for segment in segments]


@pytest.mark.parametrize("name", SOURCES)
async def test_a_source_decodes_to_what_a_plain_decoder_finds(name: str, sources: Path, room: Room) -> None:
    pcm = await room.open(sources / name)

    reference = decode_all(
        room.decoder.binary, sources / name, DEMUXERS[name.split(".")[1]], pcm.sample_format.codec
    )
    assert pcm.sample_count * pcm.frame_bytes == len(reference)
    assert pcm.path.read_bytes()[pcm.data_offset : pcm.offset_of(pcm.sample_count)] == reference


@pytest.mark.parametrize("target", [Format.WAV, Format.FLAC, Format.MP3, Format.OGG])
@pytest.mark.parametrize("name", SOURCES)
async def test_segments_joined_have_the_samples_of_the_source(
    name: str, target: Format, sources: Path, room: Room
) -> None:
    pcm = await room.open(sources / name)
    plan = plan_encode(pcm, target)

    made = await cut(room, pcm, plan)

    assert len(made) == 3
    assert sum(proof.decoded_samples for _, proof in made) == pcm.sample_count
    assert sum(soundfile.info(segment.path).frames for segment, _ in made) == pcm.sample_count
    assert [segment.excess_samples for segment, _ in made] == [0, 0, 0]
    lengths_ms = [segment_ms(each.first_sample, each.sample_count, pcm.sample_rate) for each, _ in made]
    assert sum(lengths_ms) == milliseconds(pcm.sample_count, pcm.sample_rate)


@pytest.mark.parametrize("name", ["cbr.mp3", "24bit.flac", "24bit.wav", "float.wav", "vorbis.ogg"])
async def test_wav_segments_joined_are_the_decoded_source(name: str, sources: Path, room: Room) -> None:
    pcm = await room.open(sources / name)

    made = await cut(room, pcm, plan_encode(pcm, Format.WAV))

    assert all(proof.is_bit_exact for _, proof in made)
    dtype = "float32" if pcm.sample_format is SampleFormat.F32 else "int32"
    joined = np.concatenate([soundfile.read(segment.path, dtype=dtype)[0] for segment, _ in made])
    source = soundfile.read(pcm.path, dtype=dtype)[0]
    assert np.array_equal(joined, source)


@pytest.mark.parametrize("name", ["cbr.mp3", "16bit.flac", "24bit.flac", "8bit.wav", "alac.m4a"])
async def test_flac_segments_joined_are_the_decoded_source(name: str, sources: Path, room: Room) -> None:
    pcm = await room.open(sources / name)

    made = await cut(room, pcm, plan_encode(pcm, Format.FLAC))

    assert all(proof.is_bit_exact for _, proof in made)
    joined = np.concatenate([soundfile.read(segment.path, dtype="int32")[0] for segment, _ in made])
    assert np.array_equal(joined, soundfile.read(pcm.path, dtype="int32")[0])


@pytest.mark.parametrize("name", ["32bit.wav", "float.wav"])
async def test_flac_says_when_it_keeps_only_24_bits(name: str, sources: Path, room: Room) -> None:
    pcm = await room.open(sources / name)
    plan = plan_encode(pcm, Format.FLAC)

    made = await cut(room, pcm, plan)

    assert plan.notes == (f"Samples of {pcm.sample_format} were stored as 24 bit integers.",)
    joined = np.concatenate([soundfile.read(segment.path)[0] for segment, _ in made])
    assert np.abs(joined - soundfile.read(pcm.path)[0]).max() <= 2**-23


async def test_adts_segments_state_what_a_decoder_adds(sources: Path, room: Room) -> None:
    pcm = await room.open(sources / "16bit.wav")

    made = await cut(room, pcm, plan_encode(pcm, Format.AAC))

    for segment, proof in made:
        assert 1024 <= segment.excess_samples < 2048
        assert proof.decoded_samples == segment.sample_count + segment.excess_samples
        assert len(decode_all(room.decoder.binary, segment.path, "aac")) == 4 * proof.decoded_samples


@pytest.mark.parametrize("source", ["16bit.wav", "celt.opus", "22k_mono.mp3"])
async def test_opus_segments_add_up_on_their_own_time_line(source: str, sources: Path, room: Room) -> None:
    pcm = await room.open(sources / source)

    made = await cut(room, pcm, plan_encode(pcm, Format.OPUS))

    whole = round(pcm.sample_count * 48_000 / pcm.sample_rate)
    assert sum(proof.decoded_samples for _, proof in made) == whole
    assert sum(soundfile.info(segment.path).frames for segment, _ in made) == whole
    assert sum(segment.sample_count for segment, _ in made) == pcm.sample_count


@pytest.mark.parametrize(("source", "codec"), [("aac.m4a", "aac"), ("alac.m4a", "alac")])
async def test_m4a_segments_are_exact(source: str, codec: str, sources: Path, room: Room) -> None:
    pcm = await room.open(sources / source)
    plan = plan_encode(pcm, Format.M4A, codec)

    made = await cut(room, pcm, plan)

    assert sum(proof.decoded_samples for _, proof in made) == pcm.sample_count
    assert all(proof.is_bit_exact for _, proof in made) == (codec == "alac")


@pytest.mark.parametrize("target", list(Format))
async def test_cutting_twice_writes_the_same_bytes(target: Format, sources: Path, room: Room) -> None:
    pcm = await room.open(sources / "cbr.mp3")
    plan = plan_encode(pcm, target)

    first = [segment.sha256 for segment, _ in await cut(room, pcm, plan)]
    second = [segment.sha256 for segment, _ in await cut(room, pcm, plan)]

    assert first == second


@pytest.mark.parametrize("target", [Format.MP3, Format.OGG, Format.FLAC, Format.M4A])
async def test_awkward_lengths_are_exact(target: Format, sources: Path, room: Room) -> None:
    """Lengths round a frame's edge, where encoders add one more frame or write a single page."""
    pcm = await room.open(sources / "16bit.wav")
    plan = plan_encode(pcm, target)
    lengths = [1, 46, 1152, 1153, 1198, 4410, 8191]

    for length in lengths:
        short = Pcm(
            path=pcm.path,
            data_offset=pcm.offset_of(777),
            sample_format=pcm.sample_format,
            sample_rate=pcm.sample_rate,
            channels=pcm.channels,
            sample_count=length,
        )
        made = await cut(room, short, plan, segment_ns=length * 1_000_000_000 // pcm.sample_rate)
        assert [proof.decoded_samples for _, proof in made] == [length]
        if target is not Format.M4A:
            assert soundfile.info(made[0][0].path).frames == length


async def test_progress_only_rises_and_ends_at_all_samples(sources: Path, room: Room) -> None:
    pcm = await room.open(sources / "16bit.wav")
    cuts = plan_cuts(DurationMode(500_000_000), PlanOptions(), pcm.sample_count, pcm.sample_rate, room.limits)
    seen: list[int] = []

    plan = plan_encode(pcm, Format.MP3)
    segments = cut_by_plan(pcm, cuts, plan, room.folder, room.decoder, 3, seen.append)
    indices = [segment.index async for segment in segments]

    assert indices == list(range(len(cuts)))
    assert seen == sorted(set(seen))
    assert seen[-1] == pcm.sample_count == SAMPLES
