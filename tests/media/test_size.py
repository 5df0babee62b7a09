"""A size limit is a limit, headers included, and what it allows is used."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from server.media.cut import cut_by_size
from server.media.encode import EncodePlan, plan_encode
from server.media.facts import MediaLimits
from server.media.pcm import Pcm
from server.media.segment import CutSegment
from server.media.size_search import SizeStart
from server.media.verify import verify_segment
from tests.media.conftest import Room
from tests.media.corpus import RATE, speech_like
from zerokerf.errors import SizeLimitTooSmall, TooManySegments
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds, loud and nearly silent by turns, so that no rate holds for long."""
    path = tmp_path_factory.mktemp("size") / "uneven.wav"
    loudness = np.repeat([1.0, 0.001, 0.5, 0.0], 3 * RATE)[:, None]
    soundfile.write(path, speech_like(12 * RATE) * loudness, RATE)
    return path


async def cut_all(
    room: Room, pcm: Pcm, plan: EncodePlan, max_bytes: int, start: SizeStart | None = None
) -> list[CutSegment]:
    parts = cut_by_size(pcm, max_bytes, plan, room.folder, room.decoder, room.limits, start)
    return [segment async for segment in parts]


@pytest.mark.parametrize("target", list(Format))
async def test_no_segment_is_larger_and_none_but_the_last_wastes_room(
    target: Format, uneven: Path, room: Room
) -> None:
    pcm = await room.open(uneven)
    plan = plan_encode(pcm, target)
    max_bytes = {Format.WAV: 480_000, Format.FLAC: 480_000, Format.OPUS: 50_000}.get(target, 100_000)

    segments = await cut_all(room, pcm, plan, max_bytes)

    assert len(segments) >= 2
    assert all(segment.path.stat().st_size == segment.size_bytes <= max_bytes for segment in segments)
    assert all(segment.size_bytes >= 0.98 * max_bytes for segment in segments[:-1])
    assert sum(segment.sample_count for segment in segments) == pcm.sample_count
    assert {segment.reason for segment in segments[:-1]} == {"size"}
    assert segments[-1].reason == "end"
    for segment in segments:
        await verify_segment(segment, plan, pcm, room.decoder, max_bytes)
    assert {path.name for path in room.folder.iterdir()} == {segment.path.name for segment in segments}


async def test_wav_is_filled_to_the_last_sample(uneven: Path, room: Room) -> None:
    pcm = await room.open(uneven)

    segments = await cut_all(room, pcm, plan_encode(pcm, Format.WAV), 400_001)

    assert {segment.size_bytes for segment in segments[:-1]} == {44 + 4 * ((400_001 - 44) // 4)}


async def test_a_source_that_fits_is_one_segment(uneven: Path, room: Room) -> None:
    pcm = await room.open(uneven)

    segments = await cut_all(room, pcm, plan_encode(pcm, Format.MP3), 10_000_000)

    assert [segment.sample_count for segment in segments] == [pcm.sample_count]


@pytest.mark.parametrize("target", [Format.FLAC, Format.OGG])
async def test_going_on_cuts_as_if_there_had_been_no_pause(target: Format, uneven: Path, room: Room) -> None:
    pcm = await room.open(uneven)
    plan = plan_encode(pcm, target)
    through = await cut_all(room, pcm, plan, 150_000)

    resumed = await cut_all(room, pcm, plan, 150_000, SizeStart.after(through[0]))

    assert [segment.sha256 for segment in resumed] == [segment.sha256 for segment in through[1:]]


@pytest.mark.parametrize("target", list(Format))
async def test_a_limit_below_one_second_is_refused_and_leaves_nothing(
    target: Format, uneven: Path, room: Room
) -> None:
    pcm = await room.open(uneven)

    with pytest.raises(SizeLimitTooSmall) as failure:
        await cut_all(room, pcm, plan_encode(pcm, target), 2_000)

    assert int(failure.value.facts["leastBytes"]) > 2_000
    assert list(room.folder.iterdir()) == []


@pytest.mark.parametrize("target", [Format.WAV, Format.MP3])
async def test_too_many_segments_are_refused(target: Format, uneven: Path, room: Room) -> None:
    pcm = await room.open(uneven)
    max_bytes = 200_000 if target is Format.WAV else 50_000
    few = replace(room, limits=MediaLimits(max_segments=2))

    with pytest.raises(TooManySegments):
        await cut_all(few, pcm, plan_encode(pcm, target), max_bytes)


async def test_leaving_early_ends_the_work_and_leaves_only_what_was_handed_out(
    uneven: Path, room: Room
) -> None:
    pcm = await room.open(uneven)

    parts = cut_by_size(pcm, 60_000, plan_encode(pcm, Format.OGG), room.folder, room.decoder, room.limits)
    first = await anext(parts)
    await parts.aclose()

    assert [path.name for path in room.folder.iterdir()] == [first.path.name]


async def test_progress_only_rises(uneven: Path, room: Room) -> None:
    pcm = await room.open(uneven)
    seen: list[int] = []

    parts = cut_by_size(
        pcm, 100_000, plan_encode(pcm, Format.MP3), room.folder, room.decoder, room.limits, None, seen.append
    )
    async for _ in parts:
        pass

    assert seen == sorted(set(seen))
    assert seen[-1] == pcm.sample_count
