"""Decides where one opened recording is cut: what the plan needs to know is found out here."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from server.media.chapters.read import Chapter, FoundChapters, find_chapters, read_chapters
from server.media.cutter import Cutter, Search, Tools
from server.media.facts import SourceFacts
from server.media.plan.cuts import ChaptersMode, Cut, FileSizeMode, PlannedMode, needs_pauses, plan_cuts
from server.media.recipe import Recipe
from server.media.segment import CutSegment
from server.media.silence.listen import find_pauses_of_file
from server.media.silence.pauses import Pauses
from server.media.tags.labels import Labels, SourceLabels, read_labels
from server.media.tags.names import TagPolicy


@dataclass(frozen=True, slots=True)
class Planned:
    """Where to cut, or what finds that out by cutting. Labels know how many segments there are, if that is
    known."""

    places: tuple[Cut, ...] | Search
    labels: Labels

    @property
    def count(self) -> int | None:
        return len(self.places) if isinstance(self.places, tuple) else None

    def cut_of(self, made: CutSegment) -> Cut:
        """Its own range, without overlap."""
        if isinstance(self.places, tuple):
            return self.places[made.index]
        return Cut(made.index, made.first_sample, made.sample_count, made.reason)


@dataclass(frozen=True, slots=True)
class Recording:
    """A source, probed, with what it and its chapters are called, and a folder to work in."""

    path: Path
    facts: SourceFacts
    tags: SourceLabels
    chapters: tuple[Chapter, ...]
    folder: Path


async def read_recording(
    path: Path, facts: SourceFacts, recipe: Recipe, folder: Path, tools: Tools
) -> Recording:
    """Raises TooManyChapters or CorruptFile for chapters by which the recording is to be cut."""
    found = await _chapters(path, facts, recipe, tools)
    tags = await read_labels(path, facts, recipe.tag_policy, recipe.title, found, tools.prober, tools.limits)
    return Recording(path, facts, tags, found.chapters, folder)


async def _chapters(path: Path, facts: SourceFacts, recipe: Recipe, tools: Tools) -> FoundChapters:
    """A plan by chapters is none without them; names can do without."""
    if isinstance(recipe.mode, ChaptersMode):
        return FoundChapters(chapters=await read_chapters(path, facts.demuxer, tools.limits, tools.prober))
    if recipe.tag_policy is TagPolicy.NONE:
        return FoundChapters()
    return await find_chapters(path, facts.demuxer, tools.limits, tools.prober)


async def plan_segments(recording: Recording, recipe: Recipe, cutter: Cutter, tools: Tools) -> Planned:
    """Raises what `plan_cuts` raises, SizeLimitTooSmall, and CorruptFile where no pause can be heard."""
    mode = recipe.mode
    if isinstance(mode, FileSizeMode):
        return await _by_size(recording, mode.max_bytes, cutter)
    cuts = await _by_mode(recording, mode, recipe, cutter, tools)
    return Planned(cuts, _labels(recording, cutter, len(cuts), None))


async def _by_size(recording: Recording, max_bytes: int, cutter: Cutter) -> Planned:
    """Room is kept for the largest tags that a segment can get."""
    labels = _labels(recording, cutter, None, max_bytes)
    places = await cutter.plan_by_size(max_bytes, labels.reserve_bytes)
    if not isinstance(places, tuple):
        return Planned(places, labels)
    return Planned(places, _labels(recording, cutter, len(places), max_bytes))


async def _by_mode(
    recording: Recording, mode: PlannedMode, recipe: Recipe, cutter: Cutter, tools: Tools
) -> tuple[Cut, ...]:
    making = cutter.making
    return await asyncio.to_thread(
        plan_cuts,
        mode,
        recipe.options,
        making.sample_count,
        making.sample_rate,
        tools.limits,
        pauses=await _pauses(recording, mode, recipe, tools),
        chapters=recording.chapters,
        snap=cutter.snap,
    )


async def _pauses(recording: Recording, mode: PlannedMode, recipe: Recipe, tools: Tools) -> Pauses | None:
    if not needs_pauses(mode, recipe.options):
        return None
    return await find_pauses_of_file(
        recording.path, recording.facts, recording.folder, tools.decoder, tools.limits
    )


def _labels(recording: Recording, cutter: Cutter, count: int | None, max_bytes: int | None) -> Labels:
    making = cutter.making
    return recording.tags.for_segments(
        making.format, count=count, sample_rate=making.sample_rate, max_bytes=max_bytes
    )
