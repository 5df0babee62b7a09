"""Takes segments as they are proven, and keeps them aside until all of them are."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from server.media.cutter import Tools
from server.media.facts import SourceFacts
from server.media.plan.cuts import Cut
from server.media.recipe import Recipe
from server.media.splitting import FinishedSegment, Kept, Opened
from server.media.tags.names import title_fields
from server.media.tags.read import read_tags
from zerokerf.cli.local.drawing import CutRecording
from zerokerf.cli.local.folder import TargetFolder
from zerokerf.cli.local.names import MANIFEST_NAME, Names, fields_of, names_tags
from zerokerf.cli.local.request import CutRequest
from zerokerf.cli.local.view import WorkView
from zerokerf.cli.quantities import format_duration
from zerokerf.errors import SegmentsDoNotAddUp
from zerokerf.template import Fields


class FolderSink:
    """One recording's segments on their way into a folder."""

    facts: SourceFacts
    opened_as: Opened
    _names: Names

    def __init__(
        self, request: CutRequest, recipe: Recipe, target: TargetFolder, tools: Tools, view: WorkView
    ) -> None:
        self._request = request
        self._recipe = recipe
        self._target = target
        self._tools = tools
        self._view = view
        self._shelf = target.scratch / "kept"
        self._kept: dict[int, tuple[FinishedSegment, Path]] = {}

    async def probed(self, facts: SourceFacts) -> None:
        """What is sure to be in the way is found before any work."""
        self.facts = facts
        extension = (self._recipe.format or facts.format).extension
        fields = fields_of(self._request.source, await self._tags(facts))
        self._names = Names(self._request.template, extension, fields)
        self._target.refuse(MANIFEST_NAME)
        if not self._request.has_titles:
            self._target.refuse(self._names.name(1, None, None))
        await asyncio.to_thread(self._shelf.mkdir)

    def decoded(self, samples: int, expected_samples: int) -> None:
        facts = _progress(samples, expected_samples, self.facts.sample_rate)
        self._view.moved("decoding", samples, expected_samples, facts)

    async def opened(self, opened: Opened) -> Sequence[Kept]:
        self.opened_as = opened
        return []

    def made(self, samples: int) -> None:
        making = self.opened_as.making
        facts = _progress(samples, making.sample_count, making.sample_rate)
        self._view.moved("making", samples, making.sample_count, facts)

    async def keep(self, segment: FinishedSegment) -> None:
        cut, path, count = segment.cut, segment.file.path, self.opened_as.count
        self._target.refuse(self._names.name(cut.index + 1, count, cut.title))
        shelved = self._shelf / path.name
        await asyncio.to_thread(path.replace, shelved)
        self._kept[cut.index] = segment, shelved
        samples = sum(kept.cut.sample_count for kept, _ in self._kept.values())
        facts = f"{len(self._kept)} of {count} segments" if count else f"{len(self._kept)} segments"
        self._view.moved("proven", samples, self.opened_as.making.sample_count, facts)

    async def forget(self) -> None:
        """What is made anew has the same names and takes the place of what was kept."""
        self._kept.clear()

    def named(self) -> list[tuple[FinishedSegment, Path, str]]:
        """All segments in order, where they are, and what they are to be called.

        Raises SegmentsDoNotAddUp unless they are the whole source, once.
        """
        kept = [self._kept[index] for index in sorted(self._kept)]
        _check_sum([segment.cut for segment, _ in kept], self.opened_as.making.sample_count)
        names = self._names.unique([segment.cut.title for segment, _ in kept], len(kept))
        return [(segment, path, name) for (segment, path), name in zip(kept, names, strict=True)]

    def recording(self) -> CutRecording:
        """For a picture."""
        return CutRecording(
            source=self._request.source,
            recipe=self._recipe,
            facts=self.facts,
            making=self.opened_as.making,
            cuts=[self._kept[index][0].cut for index in sorted(self._kept)],
        )

    async def _tags(self, facts: SourceFacts) -> Fields | None:
        if not names_tags(self._request.template):
            return None
        tools = self._tools
        found = await read_tags(self._request.source, facts.demuxer, tools.limits, tools.prober)
        return title_fields(found.tags, 1, None, None)


def _check_sum(cuts: Sequence[Cut], total_samples: int) -> None:
    position = 0
    for index, cut in enumerate(cuts):
        if (cut.index, cut.first_sample) != (index, position):
            break
        position = cut.end_sample
    if position != total_samples:
        raise SegmentsDoNotAddUp(len(cuts), position, total_samples)


def _progress(samples: int, total_samples: int, sample_rate: int) -> str:
    done, total = (
        format_duration(timedelta(seconds=count // sample_rate)) for count in (samples, total_samples)
    )
    return f"{done} of {total}" if total_samples else done
