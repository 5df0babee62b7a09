"""The choice between copying and encoding, and what both ways promise alike."""

from contextlib import aclosing
from pathlib import Path

import pytest

from server.media.cutter import Cutter, Method, Tools, open_cutter
from server.media.plan import DurationMode, PlanOptions, plan_cuts
from server.media.segment import CutSegment
from server.media.size_search import SizeStart
from tests.corpus.decoders import decoded_samples
from tests.media.conftest import Room
from tests.media.corpus import SAMPLES
from zerokerf.errors import CorruptFile, SizeLimitTooSmall, VerificationFailed
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

COPIED = ("16bit.wav", "16bit.flac", "cbr.mp3", "vbr.mp3", "vorbis.ogg", "celt.opus", "adts.aac", "aac.m4a")


async def opened(room: Room, path: Path, wish: Format | None) -> Cutter:
    facts = await room.probe(path)
    tools = Tools(room.decoder, room.prober, room.limits, 2)
    return await open_cutter(path, facts, wish, room.folder, tools, lambda _: None)


async def by_seconds(cutter: Cutter, room: Room) -> list[CutSegment]:
    mode = DurationMode(10**9)
    cuts = plan_cuts(
        mode, PlanOptions(), cutter.sample_count, cutter.sample_rate, room.limits, snap=cutter.snap
    )
    return [segment async for segment in cutter.by_plan(cuts)]


@pytest.mark.parametrize("name", COPIED)
async def test_a_format_that_stays_is_copied_and_proven(room: Room, sources: Path, name: str) -> None:
    cutter = await opened(room, sources / name, None)

    segments = await by_seconds(cutter, room)

    assert cutter.method is Method.COPY
    assert cutter.notes == ()
    assert sum(segment.sample_count for segment in segments) == cutter.sample_count
    for segment in segments:
        await cutter.verify(segment, None)
        assert decoded_samples(segment.path) == segment.sample_count + segment.excess_samples


async def test_another_format_is_encoded(room: Room, sources: Path) -> None:
    cutter = await opened(room, sources / "cbr.mp3", Format.FLAC)

    assert (cutter.method, cutter.format) == (Method.ENCODE, Format.FLAC)


async def test_what_cannot_be_copied_is_encoded_and_the_job_is_told_why(room: Room, sources: Path) -> None:
    whole = (sources / "cbr.mp3").read_bytes()
    damaged = room.folder / "damaged.mp3"
    middle = len(whole) // 2
    damaged.write_bytes(whole[:middle] + bytes(5000) + whole[middle:])

    cutter = await opened(room, damaged, None)

    assert cutter.method is Method.ENCODE
    assert cutter.notes[0].startswith("Encoded again instead of copied: ")


@pytest.mark.parametrize("name", COPIED)
async def test_a_source_cut_short_is_refused(room: Room, sources: Path, name: str) -> None:
    whole = (sources / name).read_bytes()
    short = room.folder / f"short{(sources / name).suffix}"
    short.write_bytes(whole[: len(whole) * 6 // 10])

    with pytest.raises(CorruptFile):
        await opened(room, short, None)


@pytest.mark.parametrize("name", COPIED)
async def test_a_size_limit_holds_for_copies(room: Room, sources: Path, name: str) -> None:
    source = sources / name
    limit = source.stat().st_size // 2
    cutter = await opened(room, source, None)

    segments = [segment async for segment in cutter.by_size(limit, SizeStart())]

    assert len(segments) >= 2
    assert max(segment.size_bytes for segment in segments) <= limit
    assert sum(segment.sample_count for segment in segments) == cutter.sample_count
    for segment in segments:
        await cutter.verify(segment, limit)


@pytest.mark.parametrize("target", [Format.MP3, Format.FLAC, Format.OGG, Format.M4A, Format.AAC, Format.WAV])
async def test_a_size_limit_holds_for_conversions(room: Room, sources: Path, target: Format) -> None:
    limit = 200_000 if target in {Format.WAV, Format.FLAC} else 40_000
    source = sources / ("16bit.flac" if target is Format.WAV else "16bit.wav")
    cutter = await opened(room, source, target)

    segments = [segment async for segment in cutter.by_size(limit, SizeStart())]

    assert len(segments) >= 2
    assert max(segment.size_bytes for segment in segments) <= limit
    assert sum(segment.sample_count for segment in segments) == SAMPLES
    for segment in segments:
        await cutter.verify(segment, limit)


async def test_going_on_by_size_cuts_where_it_would_have(room: Room, sources: Path) -> None:
    cutter = await opened(room, sources / "16bit.wav", Format.MP3)
    whole = [segment async for segment in cutter.by_size(30_000, SizeStart())]

    rest = [segment async for segment in cutter.by_size(30_000, SizeStart.after(whole[0]))]

    assert rest == whole[1:]


async def test_a_limit_that_no_second_fits_into_is_refused(room: Room, sources: Path) -> None:
    cutter = await opened(room, sources / "cbr.mp3", None)

    with pytest.raises(SizeLimitTooSmall):
        async with aclosing(cutter.by_size(2000, SizeStart())) as segments:
            await anext(segments)


@pytest.mark.parametrize("name", COPIED)
async def test_a_segment_that_lost_its_end_is_found_out(room: Room, sources: Path, name: str) -> None:
    cutter = await opened(room, sources / name, None)
    segment = (await by_seconds(cutter, room))[0]
    segment.path.write_bytes(segment.path.read_bytes()[: segment.size_bytes * 9 // 10])

    with pytest.raises(VerificationFailed):
        await cutter.verify(segment, None)
