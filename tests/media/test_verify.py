"""Verification sees what a damaged, swapped or shortened segment is, whoever damaged it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from server.media.encoding.cut import cut_by_plan
from server.media.encoding.options import EncodePlan, plan_encode
from server.media.pcm import Pcm
from server.media.plan.cuts import DurationMode, PlanOptions, plan_cuts
from server.media.segment import CutSegment
from server.media.verify import verify_segment
from tests.media.conftest import Room
from zerokerf.encoding import Encoding
from zerokerf.errors import SegmentDiffers, SegmentOverLimit, VerificationFailed
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")


def drop_the_end(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def drop_the_middle(data: bytes) -> bytes:
    third = len(data) // 3
    return data[:third] + data[2 * third :]


def double_the_middle(data: bytes) -> bytes:
    third = len(data) // 3
    return data[: 2 * third] + data[third:]


def empty(_: bytes) -> bytes:
    return b""


async def first_segment(
    room: Room, path: Path, target: Format, encoding: Encoding | None = None
) -> tuple[CutSegment, EncodePlan, Pcm]:
    pcm = await room.open(path)
    plan = plan_encode(pcm, target, encoding=encoding or Encoding())
    cuts = plan_cuts(
        DurationMode(2_000_000_000), PlanOptions(), pcm.sample_count, pcm.sample_rate, room.limits
    )
    segments = cut_by_plan(pcm, cuts[:1], plan, room.folder, room.decoder, 1)
    return await anext(segments), plan, pcm


@pytest.mark.parametrize("damage", [drop_the_end, drop_the_middle, double_the_middle, empty])
@pytest.mark.parametrize("target", list(Format))
async def test_a_damaged_segment_is_caught(
    target: Format, damage: Callable[[bytes], bytes], sources: Path, room: Room
) -> None:
    segment, plan, pcm = await first_segment(room, sources / "16bit.wav", target)
    segment.path.write_bytes(damage(segment.path.read_bytes()))

    with pytest.raises(VerificationFailed):
        await verify_segment(segment, plan, pcm, room.decoder)


@pytest.mark.parametrize("target", [Format.WAV, Format.FLAC])
async def test_one_other_sample_in_a_lossless_segment_is_caught(
    target: Format, sources: Path, room: Room
) -> None:
    segment, plan, pcm = await first_segment(room, sources / "16bit.wav", target)
    other = room.folder / "other.raw"
    data = bytearray(pcm.path.read_bytes())
    data[pcm.offset_of(1000)] ^= 1
    other.write_bytes(data)

    with pytest.raises(SegmentDiffers):
        await verify_segment(segment, plan, replace(pcm, path=other), room.decoder)


@pytest.mark.parametrize("target", list(Format))
async def test_a_plan_that_says_one_sample_more_is_caught(target: Format, sources: Path, room: Room) -> None:
    segment, plan, pcm = await first_segment(room, sources / "16bit.wav", target)
    claimed = replace(segment, output_samples=segment.output_samples + 1)

    with pytest.raises(VerificationFailed):
        await verify_segment(claimed, plan, pcm, room.decoder)


@pytest.mark.parametrize("damage", [drop_the_end, empty])
@pytest.mark.parametrize(
    "encoding", [Encoding(sample_rate=48_000), Encoding(channels=1), Encoding(bit_depth=24)]
)
async def test_a_damaged_segment_of_converted_samples_is_caught(
    encoding: Encoding, damage: Callable[[bytes], bytes], sources: Path, room: Room
) -> None:
    segment, plan, pcm = await first_segment(room, sources / "16bit.wav", Format.WAV, encoding)
    assert not plan.is_plain
    segment.path.write_bytes(damage(segment.path.read_bytes()))

    with pytest.raises(VerificationFailed):
        await verify_segment(segment, plan, pcm, room.decoder)


async def test_a_converted_segment_of_another_rate_is_caught(sources: Path, room: Room) -> None:
    asked = Encoding(sample_rate=48_000, channels=1)
    segment, plan, pcm = await first_segment(room, sources / "16bit.wav", Format.WAV, asked)
    other = plan_encode(pcm, Format.WAV, encoding=Encoding(sample_rate=32_000, channels=1))

    await verify_segment(segment, plan, pcm, room.decoder)
    with pytest.raises(VerificationFailed):
        await verify_segment(segment, other, pcm, room.decoder)


@pytest.mark.parametrize("target", [Format.WAV, Format.FLAC])
async def test_one_other_sample_in_a_deepened_segment_is_caught(
    target: Format, sources: Path, room: Room
) -> None:
    """Sixteen bit in twenty-four lose nothing, so they are held against the source as well."""
    asked = Encoding(bit_depth=24)
    segment, plan, pcm = await first_segment(room, sources / "16bit.wav", target, asked)
    other = room.folder / "other.raw"
    data = bytearray(pcm.path.read_bytes())
    data[pcm.offset_of(1000)] ^= 1
    other.write_bytes(data)

    assert (await verify_segment(segment, plan, pcm, room.decoder)).is_bit_exact
    with pytest.raises(SegmentDiffers):
        await verify_segment(segment, plan, replace(pcm, path=other), room.decoder)


async def test_a_segment_above_the_limit_is_caught(sources: Path, room: Room) -> None:
    segment, plan, pcm = await first_segment(room, sources / "16bit.wav", Format.MP3)

    await verify_segment(segment, plan, pcm, room.decoder, segment.size_bytes)
    with pytest.raises(SegmentOverLimit, match=f"{segment.size_bytes} bytes"):
        await verify_segment(segment, plan, pcm, room.decoder, segment.size_bytes - 1)
