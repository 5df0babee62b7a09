"""A size limit is a limit, headers included, and what it allows is used."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from server.media.encoding.cut import cut_by_plan, cut_by_search
from server.media.encoding.options import EncodePlan, plan_encode
from server.media.encoding.size_search import SizeSearch, SizeStart, plan_wav_by_size, wav_bytes
from server.media.facts import MediaLimits
from server.media.pcm import Pcm
from server.media.plan.cuts import Cut
from server.media.segment import CutSegment, Dress
from server.media.verify import verify_segment
from tests.media.conftest import Room
from tests.media.corpus import RATE, speech_like
from zerokerf.encoding import Encoding
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


def search_for(room: Room, pcm: Pcm, plan: EncodePlan, max_bytes: int) -> SizeSearch:
    return SizeSearch(
        pcm=pcm,
        max_bytes=max_bytes,
        target=plan,
        folder=room.folder,
        decoder=room.decoder,
        limits=room.limits,
    )


async def cut_all(
    room: Room,
    pcm: Pcm,
    plan: EncodePlan,
    max_bytes: int,
    start: SizeStart | None = None,
    dress: Dress | None = None,
    reserve_bytes: int = 0,
) -> list[CutSegment]:
    """WAV by arithmetic, where room has to be kept for tags, and all else by search, which tries them on."""
    if plan.format is Format.WAV:
        cuts = plan_wav_by_size(pcm, plan, max_bytes, room.limits, reserve_bytes)
        parts = cut_by_plan(pcm, cuts, plan, room.folder, room.decoder, 2, dress=dress)
    else:
        parts = cut_by_search(search_for(room, pcm, plan, max_bytes), start or SizeStart(), dress)
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


@pytest.mark.parametrize(
    "encoding",
    [
        Encoding(sample_rate=48_000),
        Encoding(sample_rate=11_025, channels=1, bit_depth=8),
        Encoding(channels=6),
        Encoding(bit_depth=24),
        Encoding(bit_depth=32, sample_rate=44_100),
    ],
)
async def test_converted_wav_is_filled_to_the_last_sample(
    encoding: Encoding, uneven: Path, room: Room
) -> None:
    pcm = await room.open(uneven)
    plan = plan_encode(pcm, Format.WAV, encoding=encoding)
    whole_bytes = wav_bytes(pcm, plan, Cut(0, 0, pcm.sample_count, "end"))
    max_bytes = whole_bytes // 3 + 5_001

    segments = await cut_all(room, pcm, plan, max_bytes)

    assert len(segments) == 3
    for segment in segments:
        cut = Cut(segment.index, segment.first_sample, segment.sample_count, "size")
        assert segment.path.stat().st_size == segment.size_bytes == wav_bytes(pcm, plan, cut)
        await verify_segment(segment, plan, pcm, room.decoder, max_bytes)
    grain = 6 * plan.change.shape.frame_bytes
    assert all(max_bytes - grain < segment.size_bytes <= max_bytes for segment in segments[:-1])
    assert sum(segment.sample_count for segment in segments) == pcm.sample_count


@pytest.mark.parametrize("target", list(Format))
async def test_tags_count_towards_the_limit(target: Format, uneven: Path, room: Room) -> None:
    """Only bytes at the end stand in for tags: what is written is not looked at here, but how much."""
    pcm = await room.open(uneven)
    plan = plan_encode(pcm, target)
    max_bytes = {Format.WAV: 800_000, Format.FLAC: 800_000}.get(target, 120_000)

    def dress(path: Path, cut: Cut) -> int:
        with path.open("ab") as file:
            return file.write(bytes(20_000 + cut.index))

    segments = await cut_all(room, pcm, plan, max_bytes, dress=dress, reserve_bytes=20_100)

    assert len(segments) >= 2
    assert [segment.tag_bytes for segment in segments] == [20_000 + index for index in range(len(segments))]
    assert all(segment.path.stat().st_size == segment.size_bytes <= max_bytes for segment in segments)
    assert all(segment.size_bytes >= 0.97 * max_bytes for segment in segments[:-1])
    for segment in segments:
        assert segment.path.read_bytes().endswith(bytes(20_000))
        assert segment.sha256 == hashlib.sha256(segment.path.read_bytes()).hexdigest()


async def test_a_limit_that_tags_alone_would_fill_is_refused(uneven: Path, room: Room) -> None:
    pcm = await room.open(uneven)
    plan = plan_encode(pcm, Format.WAV)
    limit = wav_bytes(pcm, plan, Cut(0, 0, pcm.sample_rate, "size"))

    plan_wav_by_size(pcm, plan, limit, room.limits)
    with pytest.raises(SizeLimitTooSmall) as failure:
        plan_wav_by_size(pcm, plan, limit, room.limits, reserve_bytes=1)
    assert failure.value.facts["leastBytes"] == str(limit + 1)


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

    parts = cut_by_search(search_for(room, pcm, plan_encode(pcm, Format.OGG), 60_000), SizeStart(), None)
    first = await anext(parts)
    await parts.aclose()

    assert [path.name for path in room.folder.iterdir()] == [first.path.name]
