"""The choice between copying and encoding, and what both ways promise alike."""

from pathlib import Path

import pytest

from server.media.cutter import Cutter, Tools
from server.media.encoding.size_search import SizeStart
from server.media.integrity import Damage
from server.media.manifest.document import Level, Likeness, Method
from server.media.open_cutter import open_cutter
from server.media.plan.cuts import DurationMode, FileSizeMode, PlanOptions, plan_cuts
from server.media.recipe import Recipe, Verification
from server.media.segment import CutSegment
from tests.corpus.decoders import decoded_samples
from tests.media.conftest import Room
from tests.media.corpus import SAMPLES
from zerokerf.encoding import Encoding
from zerokerf.errors import CorruptFile, SizeLimitTooSmall, VerificationFailed
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

COPIED = ("16bit.wav", "16bit.flac", "cbr.mp3", "vbr.mp3", "vorbis.ogg", "celt.opus", "adts.aac", "aac.m4a")
SECOND = DurationMode(10**9)


async def opened(room: Room, path: Path, recipe: Recipe) -> Cutter:
    facts = await room.probe(path)
    tools = Tools(room.decoder, room.prober, room.limits, 2)
    return await open_cutter(path, facts, recipe, room.folder, tools, lambda _: None)


async def by_seconds(cutter: Cutter, room: Room, seconds: float = 1) -> list[CutSegment]:
    making = cutter.making
    mode = DurationMode(int(seconds * 10**9))
    cuts = plan_cuts(
        mode, PlanOptions(), making.sample_count, making.sample_rate, room.limits, snap=cutter.snap
    )
    return [segment async for segment in cutter.by_plan(cuts, None)]


async def by_size(cutter: Cutter, max_bytes: int) -> list[CutSegment]:
    places = await cutter.plan_by_size(max_bytes, 0)
    made = cutter.by_plan(places, None) if isinstance(places, tuple) else places(SizeStart(), None)
    return [segment async for segment in made]


@pytest.mark.parametrize("name", COPIED)
@pytest.mark.parametrize("verification", list(Verification))
async def test_a_format_that_stays_is_copied_and_proven(
    room: Room, sources: Path, name: str, verification: Verification
) -> None:
    recipe = Recipe(mode=SECOND, verification=verification)
    cutter = await opened(room, sources / name, recipe)

    segments = await by_seconds(cutter, room)
    proven = await cutter.prove(segments, recipe)

    assert cutter.making.method is Method.COPY
    assert cutter.making.notes == ()
    assert sum(segment.sample_count for segment in segments) == cutter.making.sample_count
    assert [each.segment for each in proven] == segments
    assert {each.proof.level for each in proven} == {Level(verification)}
    for segment in segments:
        assert decoded_samples(segment.path) == segment.sample_count + segment.excess_samples


async def test_another_format_is_encoded(room: Room, sources: Path) -> None:
    cutter = await opened(room, sources / "cbr.mp3", Recipe(mode=SECOND, format=Format.FLAC))

    assert (cutter.making.method, cutter.making.format) == (Method.ENCODE, Format.FLAC)
    assert cutter.making.why_not_copied is None


async def test_the_same_format_is_encoded_if_an_encoding_is_asked_for(room: Room, sources: Path) -> None:
    recipe = Recipe(mode=SECOND, encoding=Encoding(bit_rate=64_000))

    cutter = await opened(room, sources / "cbr.mp3", recipe)

    assert (cutter.making.method, cutter.making.format) == (Method.ENCODE, Format.MP3)
    assert cutter.making.why_not_copied == "An encoding of its own was asked for."


async def test_lossless_encodings_are_compared_sample_by_sample(room: Room, sources: Path) -> None:
    recipe = Recipe(mode=SECOND, format=Format.FLAC)
    cutter = await opened(room, sources / "16bit.wav", recipe)

    proven = await cutter.prove(await by_seconds(cutter, room), recipe)

    assert {each.proof.level for each in proven} == {Level.DECODED}
    assert {each.proof.likeness for each in proven} == {Likeness.SAMPLES}


async def test_what_cannot_be_copied_is_encoded_and_the_job_is_told_why(room: Room, sources: Path) -> None:
    whole = (sources / "cbr.mp3").read_bytes()
    damaged = room.folder / "damaged.mp3"
    middle = len(whole) // 2
    damaged.write_bytes(whole[:middle] + bytes(5000) + whole[middle:])

    cutter = await opened(room, damaged, Recipe(mode=SECOND))

    assert cutter.making.method is Method.ENCODE
    assert cutter.making.notes[0].startswith("Encoded again instead of copied: ")
    assert any("damaged" in note for note in cutter.making.notes[1:])


def cut_short(room: Room, source: Path) -> Path:
    whole = source.read_bytes()
    short = room.folder / f"short{source.suffix}"
    short.write_bytes(whole[: len(whole) * 6 // 10])
    return short


#: An MP4 file keeps its index at the end: cut short, it is none.
SPLITTABLE = tuple(name for name in COPIED if name != "aac.m4a")


@pytest.mark.parametrize("name", SPLITTABLE)
async def test_a_source_cut_short_is_split_as_far_as_it_goes(room: Room, sources: Path, name: str) -> None:
    recipe = Recipe(mode=SECOND)
    cutter = await opened(room, cut_short(room, sources / name), recipe)

    segments = await by_seconds(cutter, room, 0.5)
    await cutter.prove(segments, recipe)

    # The last page of an Ogg file may be a second of it.
    assert SAMPLES * 25 // 100 < cutter.making.sample_count < SAMPLES * 8 // 10
    assert any("short" in note or "not whole" in note for note in cutter.making.notes)


@pytest.mark.parametrize("name", COPIED)
async def test_a_source_cut_short_is_refused_where_that_is_asked_for(
    room: Room, sources: Path, name: str
) -> None:
    with pytest.raises(CorruptFile):
        await opened(room, cut_short(room, sources / name), Recipe(mode=SECOND, damage=Damage.REFUSE))


@pytest.mark.parametrize("name", COPIED)
async def test_a_size_limit_holds_for_copies(room: Room, sources: Path, name: str) -> None:
    source = sources / name
    limit = source.stat().st_size // 2
    recipe = Recipe(mode=FileSizeMode(limit))
    cutter = await opened(room, source, recipe)

    segments = await by_size(cutter, limit)

    assert len(segments) >= 2
    assert max(segment.size_bytes for segment in segments) <= limit
    assert sum(segment.sample_count for segment in segments) == cutter.making.sample_count
    await cutter.prove(segments, recipe)


@pytest.mark.parametrize("target", [Format.MP3, Format.FLAC, Format.OGG, Format.M4A, Format.AAC, Format.WAV])
async def test_a_size_limit_holds_for_conversions(room: Room, sources: Path, target: Format) -> None:
    limit = 200_000 if target in {Format.WAV, Format.FLAC} else 40_000
    source = sources / ("16bit.flac" if target is Format.WAV else "16bit.wav")
    recipe = Recipe(mode=FileSizeMode(limit), format=target)
    cutter = await opened(room, source, recipe)

    segments = await by_size(cutter, limit)

    assert len(segments) >= 2
    assert max(segment.size_bytes for segment in segments) <= limit
    assert sum(segment.sample_count for segment in segments) == SAMPLES
    await cutter.prove(segments, recipe)


@pytest.mark.parametrize("name", COPIED)
async def test_the_size_of_a_copy_is_known_before_it_is_made(room: Room, sources: Path, name: str) -> None:
    cutter = await opened(room, sources / name, Recipe(mode=SECOND))
    cuts = plan_cuts(
        SECOND,
        PlanOptions(),
        cutter.making.sample_count,
        cutter.making.sample_rate,
        room.limits,
        snap=cutter.snap,
    )

    expected = [cutter.expected_size(cut) for cut in cuts]
    made = [segment async for segment in cutter.by_plan(cuts, None)]

    assert [size and (size.size_bytes, size.is_exact) for size in expected] == [
        (segment.size_bytes, True) for segment in made
    ]


async def test_a_limit_that_no_second_fits_into_is_refused(room: Room, sources: Path) -> None:
    cutter = await opened(room, sources / "cbr.mp3", Recipe(mode=FileSizeMode(2000)))

    with pytest.raises(SizeLimitTooSmall):
        await cutter.plan_by_size(2000, 0)


async def test_room_for_tags_is_part_of_the_limit(room: Room, sources: Path) -> None:
    cutter = await opened(room, sources / "cbr.mp3", Recipe(mode=FileSizeMode(40_000)))

    bare, reserved = await cutter.plan_by_size(40_000, 0), await cutter.plan_by_size(40_000, 10_000)

    assert isinstance(bare, tuple)
    assert isinstance(reserved, tuple)
    assert reserved == await cutter.plan_by_size(30_000, 0)
    assert reserved[0].sample_count < bare[0].sample_count


@pytest.mark.parametrize("name", COPIED)
async def test_a_segment_that_lost_its_end_is_found_out(room: Room, sources: Path, name: str) -> None:
    recipe = Recipe(mode=SECOND)
    cutter = await opened(room, sources / name, recipe)
    segment = (await by_seconds(cutter, room))[0]
    segment.path.write_bytes(segment.path.read_bytes()[: segment.size_bytes * 9 // 10])

    with pytest.raises(VerificationFailed):
        await cutter.prove([segment], recipe)
