# mypy: allow-untyped-calls
# mutagen says that it is typed, but few of its functions are.
"""What is read of a recording before it is cut: only what somebody needs, and that once."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from mutagen.id3 import CHAP

from server.media.cutter import Tools
from server.media.plan.cuts import ChaptersMode, DurationMode, FileSizeMode, PlannedMode
from server.media.planning import Recording, read_recording
from server.media.probing.prober import Prober
from server.media.recipe import Recipe
from server.media.tags.names import TagPolicy, Tags
from tests.media.conftest import Room
from tests.media.tags.test_hostile import with_id3
from zerokerf.errors import CorruptFile, TooManyChapters

pytestmark = pytest.mark.asyncio(loop_scope="session")


class ListeningProber(Prober):
    """One that also remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[dict[str, Any]] = []

    async def ask(self, request: dict[str, Any], wall_s: float) -> dict[str, Any]:
        self.asked.append(request)
        return await super().ask(request, wall_s)


@pytest_asyncio.fixture(loop_scope="session")
async def prober() -> AsyncIterator[ListeningProber]:
    prober = ListeningProber()
    yield prober
    await prober.close()


async def recording_of(path: Path, recipe: Recipe, room: Room, prober: Prober | None = None) -> Recording:
    facts = await room.probe(path)
    tools = Tools(room.decoder, prober or room.prober, room.limits, 2)
    return await read_recording(path, facts, recipe, room.folder, tools)


def book(room: Room, sources: Path, chapters: int) -> Path:
    frames = [CHAP(element_id=f"c{n}", start_time=n, end_time=n + 1) for n in range(chapters)]
    return with_id3(sources / "cbr.mp3", room.folder / "book.mp3", *frames)


@pytest.mark.parametrize(
    ("mode", "policy", "readings"),
    [
        (ChaptersMode(), TagPolicy.COPY, 1),
        (ChaptersMode(), TagPolicy.NONE, 1),
        (DurationMode(10**9), TagPolicy.COPY, 1),
        (DurationMode(10**9), TagPolicy.NONE, 0),
        (FileSizeMode(10**6), TagPolicy.NONE, 0),
    ],
)
async def test_chapters_are_read_once_by_whoever_needs_them(
    room: Room,
    sources: Path,
    prober: ListeningProber,
    mode: PlannedMode | FileSizeMode,
    policy: TagPolicy,
    readings: int,
) -> None:
    path = book(room, sources, 3)

    recording = await recording_of(path, Recipe(mode=mode, tag_policy=policy), room, prober)

    assert ["max_chapters" in request for request in prober.asked].count(True) == readings
    assert len(recording.chapters) == 3 * readings
    assert len(recording.tags.tags.chapters) == (0 if policy is TagPolicy.NONE else 3)


async def test_too_many_chapters_fail_only_a_plan_by_them(room: Room, sources: Path) -> None:
    path = book(room, sources, 10_001)

    with pytest.raises(TooManyChapters):
        await recording_of(path, Recipe(mode=ChaptersMode()), room)
    recording = await recording_of(path, Recipe(mode=DurationMode(10**9)), room)

    assert recording.tags.tags == Tags()
    assert recording.tags.notes == ("The source has more than 10000 chapters. None of them is kept.",)


async def test_chapters_that_cannot_be_read_fail_only_a_plan_by_them(room: Room, sources: Path) -> None:
    lying = room.folder / "lying.mp3"
    lying.write_bytes(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + (sources / "cbr.mp3").read_bytes())
    facts = await room.probe(sources / "cbr.mp3")
    tools = Tools(room.decoder, room.prober, room.limits, 2)

    with pytest.raises(CorruptFile):
        await read_recording(lying, facts, Recipe(mode=ChaptersMode()), room.folder, tools)
    recording = await read_recording(lying, facts, Recipe(mode=DurationMode(10**9)), room.folder, tools)

    assert "The chapters of the source could not be read." in recording.tags.notes
