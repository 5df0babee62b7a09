"""One recording split from start to end: what is kept, what is not made again, and what is made anew."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from server.media.backlog import MOST_SEGMENTS, Backlog
from server.media.cutter import Tools
from server.media.facts import SourceFacts
from server.media.manifest.document import Method
from server.media.plan.cuts import DurationMode, FileSizeMode, PlanOptions
from server.media.recipe import Recipe
from server.media.segment import CutSegment
from server.media.splitting import WHOLE, FinishedSegment, Kept, Opened, Share, split
from tests.media.conftest import Room
from tests.media.copying.mp3_corpus import frames_of, make_mp3
from tests.media.corpus import RATE, SAMPLES
from zerokerf.encoding import Encoding
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECOND = Recipe(mode=DurationMode(10**9))


class FullDisk(Exception):
    """What a sink may run into."""


@dataclass
class Shelf:
    """A sink that keeps what it is given, and can lose patience."""

    kept: dict[int, FinishedSegment] = field(default_factory=dict)
    opened_as: list[Opened] = field(default_factory=list)
    forgotten: int = 0
    earlier: Sequence[Kept] = ()
    most: int = 10**6

    async def probed(self, facts: SourceFacts) -> None:
        assert facts.size_bytes > 0

    def decoded(self, samples: int, expected_samples: int) -> None:
        assert samples >= 0

    def made(self, samples: int) -> None:
        assert samples > 0

    async def opened(self, opened: Opened) -> Sequence[Kept]:
        self.opened_as.append(opened)
        return self.earlier

    async def keep(self, segment: FinishedSegment) -> None:
        assert segment.cut.index not in self.kept
        if len(self.kept) >= self.most:
            raise FullDisk
        self.kept[segment.cut.index] = segment

    async def forget(self) -> None:
        self.forgotten += 1
        self.kept.clear()

    @property
    def samples(self) -> int:
        return sum(segment.cut.sample_count for segment in self.kept.values())


async def run(
    room: Room,
    source: Path,
    recipe: Recipe,
    shelf: Shelf,
    *,
    share: Share = WHOLE,
    why_not_copied: str | None = None,
    folder: str = "work",
) -> Shelf:
    tools = Tools(room.decoder, room.prober, room.limits, 2)
    work = room.folder / folder
    work.mkdir()
    await split(source, recipe, work, tools, shelf, share=share, why_not_copied=why_not_copied)
    return shelf


@pytest.mark.parametrize("target", [None, Format.MP3])
async def test_every_sample_is_kept_once(room: Room, sources: Path, target: Format | None) -> None:
    shelf = await run(room, sources / "16bit.wav", replace(SECOND, format=target), Shelf())

    assert sorted(shelf.kept) == list(range(len(shelf.kept)))
    assert shelf.samples == SAMPLES
    assert shelf.opened_as[0].count == len(shelf.kept)


async def test_what_an_earlier_try_kept_is_not_made_again(room: Room, sources: Path) -> None:
    earlier = [Kept(index=1, first_sample=RATE, sample_count=RATE, size_bytes=1)]

    shelf = await run(room, sources / "16bit.wav", SECOND, Shelf(earlier=earlier))

    assert 1 not in shelf.kept
    assert shelf.samples == SAMPLES - RATE


async def test_a_search_by_size_goes_on_behind_what_was_kept(room: Room, sources: Path) -> None:
    recipe = Recipe(mode=FileSizeMode(40_000), format=Format.AAC)
    whole = await run(room, sources / "16bit.wav", recipe, Shelf())
    first = whole.kept[0]
    earlier = [
        Kept(
            index=0,
            first_sample=0,
            sample_count=first.cut.sample_count,
            size_bytes=first.file.size_bytes,
        )
    ]

    rest = await run(room, sources / "16bit.wav", recipe, Shelf(earlier=earlier), folder="again")

    assert whole.opened_as[0].count is None
    assert {index: segment.file.sha256 for index, segment in rest.kept.items()} == {
        index: segment.file.sha256 for index, segment in whole.kept.items() if index > 0
    }


async def test_shares_together_are_the_whole(room: Room, sources: Path) -> None:
    recipe = replace(SECOND, format=Format.MP3)
    whole = await run(room, sources / "16bit.wav", recipe, Shelf())

    shares = [
        await run(room, sources / "16bit.wav", recipe, Shelf(), share=Share(number, 3), folder=str(number))
        for number in range(3)
    ]

    together = {index: segment.file.sha256 for shelf in shares for index, segment in shelf.kept.items()}
    assert sum(len(shelf.kept) for shelf in shares) == len(whole.kept)
    assert together == {index: segment.file.sha256 for index, segment in whole.kept.items()}


async def test_overlaps_are_in_the_file_and_not_in_the_range(room: Room, sources: Path) -> None:
    recipe = replace(SECOND, options=PlanOptions(overlap_ns=10**8))

    shelf = await run(room, sources / "16bit.wav", recipe, Shelf())

    second = shelf.kept[1]
    assert (second.cut.first_sample, second.cut.sample_count) == (RATE, RATE)
    assert (second.file.first_sample, second.file.sample_count) == (RATE * 9 // 10, RATE * 11 // 10)
    assert shelf.samples == SAMPLES


async def test_what_a_sink_runs_into_ends_the_work(room: Room, sources: Path) -> None:
    with pytest.raises(FullDisk):
        await run(room, sources / "16bit.wav", replace(SECOND, format=Format.MP3), Shelf(most=1))

    assert not [task for task in asyncio.all_tasks() if "_keep" in repr(task) or "fill" in repr(task)]


def spliced(room: Room) -> tuple[Path, Recipe]:
    """A source, and cuts in it whose copies are not exact."""
    frames = frames_of(make_mp3(room.folder, room.decoder.binary, "cbr_no_info").read_bytes())
    source = room.folder / "spliced.mp3"
    source.write_bytes(b"".join(frames[:68] + frames[129:]))
    first = 1152 * (68 + 2) + 500
    return source, Recipe(mode=DurationMode(first * 10**9 // 44_100))


async def test_a_copy_that_is_not_exact_is_forgotten_and_all_is_encoded(room: Room) -> None:
    source, recipe = spliced(room)

    shelf = await run(room, source, recipe, Shelf())

    assert [opened.making.method for opened in shelf.opened_as] == [Method.COPY, Method.ENCODE]
    assert shelf.forgotten == 1
    assert shelf.samples == shelf.opened_as[1].making.sample_count


async def test_what_was_not_copied_is_gone_on_with_in_the_same_way(room: Room, sources: Path) -> None:
    unproven, by_first = spliced(room)
    cases = [
        (unproven, by_first),
        (sources / "cbr.mp3", replace(SECOND, encoding=Encoding(bit_rate=64_000))),
        (sources / "cbr.mp3", replace(SECOND, format=Format.WAV)),
    ]
    for number, (source, recipe) in enumerate(cases):
        before = (await run(room, source, recipe, Shelf(), folder=f"before{number}")).opened_as[-1]

        why = before.making.why_not_copied
        shelf = await run(room, source, recipe, Shelf(), why_not_copied=why, folder=f"after{number}")

        assert [(opened.making, opened.notes) for opened in shelf.opened_as] == [
            (before.making, before.notes)
        ]
        assert shelf.forgotten == 0


def waiting(index: int) -> CutSegment:
    return CutSegment(
        index=index,
        first_sample=0,
        sample_count=1,
        path=Path("nowhere"),
        size_bytes=1,
        sha256="",
        output_samples=1,
        excess_samples=0,
        reason="end",
    )


async def test_a_backlog_is_bounded_and_taken_at_once() -> None:
    async def endless() -> object:
        index = 0
        while True:
            yield waiting(index)
            index += 1

    backlog = Backlog()
    filling = asyncio.create_task(backlog.fill(endless()))  # type: ignore[arg-type]  # an async generator
    first = await backlog.take()
    second = await backlog.take()
    filling.cancel()
    await asyncio.gather(filling, return_exceptions=True)

    taken = [segment.index for segment in first + second]
    assert taken == list(range(len(taken)))
    assert max(len(first), len(second)) <= MOST_SEGMENTS
    while await backlog.take():
        pass
