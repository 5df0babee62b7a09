"""Splits one recording: probed, planned, cut, named, proven. Where the segments go is somebody else's."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from server.media.backlog import Backlog
from server.media.cutter import Cutter, Making, Proven, Tools
from server.media.encoding.size_search import SizeStart
from server.media.facts import SourceFacts
from server.media.manifest.document import Method
from server.media.open_cutter import open_cutter
from server.media.plan.cuts import Cut
from server.media.planning import Planned, Recording, plan_segments, read_recording
from server.media.probing.probe import probe
from server.media.recipe import Recipe
from server.media.segment import CutSegment
from zerokerf.errors import VerificationFailed

_UNPROVEN = "A segment made of its frames was not exact."


@dataclass(frozen=True, slots=True)
class Share:
    """One of `count` parts of the work on a recording: every segment whose index leaves `number`."""

    number: int = 0
    count: int = 1

    def has(self, index: int) -> bool:
        return index % self.count == self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A segment that an earlier try has finished; its own range, without overlap."""

    index: int
    first_sample: int
    sample_count: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedSegment:
    """One proven file and its place in the plan. `cut` is its own range, without overlap."""

    cut: Cut
    proven: Proven

    @property
    def file(self) -> CutSegment:
        return self.proven.segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What is known before the first segment is made. `count` is None where only cutting tells."""

    facts: SourceFacts
    making: Making
    notes: tuple[str, ...]
    count: int | None


class Sink(Protocol):
    """Where segments go. What it raises ends the splitting."""

    async def probed(self, facts: SourceFacts) -> None: ...
    def decoded(self, samples: int, expected_samples: int) -> None: ...
    async def opened(self, opened: Opened) -> Sequence[Kept]:
        """Answers what an earlier try of the same recipe has kept."""
        ...

    def made(self, samples: int) -> None:
        """So much audio is in files by now that are being made, or wait to be kept."""
        ...

    async def keep(self, segment: FinishedSegment) -> None:
        """Takes the file away. Called for several at once, each once."""
        ...

    async def forget(self) -> None:
        """What was kept is not good: all of it will be made anew, in another way."""
        ...


WHOLE = Share()


async def split(
    source: Path,
    recipe: Recipe,
    folder: Path,
    tools: Tools,
    sink: Sink,
    *,
    why_not_copied: str | None = None,
    share: Share = WHOLE,
) -> None:
    """Every segment made, proven and kept. A copy that cannot be proven is none: then all is encoded.

    With a share, only its segments are made; the plan is the same. Segments are all made in one way: to go on
    with what an earlier try has kept, hand in what its `Making` said of `why_not_copied`.

    Raises the errors of probing, planning, cutting and proving, and whatever the sink raises.
    """
    facts = await probe(source, tools.limits, tools.prober)
    await sink.probed(facts)
    recording = await read_recording(source, facts, recipe, folder, tools)
    work = _Splitting(recording, recipe, tools, sink, share)
    try:
        await work.run(why_not_copied)
    except _UnprovenCopy:
        await sink.forget()
        await work.run(_UNPROVEN)


class _UnprovenCopy(Exception):
    """Copied frames did not decode to the source's samples."""


@dataclass(frozen=True, slots=True)
class _Splitting:
    recording: Recording
    recipe: Recipe
    tools: Tools
    sink: Sink
    share: Share

    async def run(self, why_not_copied: str | None) -> None:
        cutter = await self._open(why_not_copied)
        planned = await plan_segments(self.recording, self.recipe, cutter, self.tools)
        try:
            await self._cut(cutter, planned)
        except VerificationFailed as error:
            if cutter.making.method is Method.ENCODE:
                raise
            raise _UnprovenCopy from error

    async def _open(self, why_not_copied: str | None) -> Cutter:
        recording = self.recording

        def on_decoded(samples: int) -> None:
            self.sink.decoded(samples, recording.facts.duration_hint_samples or 0)

        return await open_cutter(
            recording.path,
            recording.facts,
            self.recipe,
            recording.folder,
            self.tools,
            on_decoded,
            why_not_copied=why_not_copied,
        )

    async def _cut(self, cutter: Cutter, planned: Planned) -> None:
        making = cutter.making
        opened = Opened(
            facts=self.recording.facts,
            making=making,
            notes=(*making.notes, *planned.labels.notes),
            count=planned.count,
        )
        kept = await self.sink.opened(opened)
        async with aclosing(self._segments(cutter, planned, kept)) as segments:
            await _Keeping(cutter, self.recipe, self.sink, self.tools.parallel, planned).run(segments)

    def _segments(
        self, cutter: Cutter, planned: Planned, kept: Sequence[Kept]
    ) -> AsyncGenerator[CutSegment, None]:
        """Those that no earlier try has kept."""
        places, dress = planned.places, planned.labels.dress
        if not isinstance(places, tuple):
            return places(_start_after(kept), dress)
        finished = {segment.index for segment in kept}
        mine = (cut for cut in places if self.share.has(cut.index))
        files = [file_of(cut) for cut in mine if cut.index not in finished]
        return cutter.by_plan(files, dress, self.sink.made)


class _Keeping:
    """Proves what is made, several at once, and hands it on."""

    def __init__(self, cutter: Cutter, recipe: Recipe, sink: Sink, parallel: int, planned: Planned) -> None:
        self._cutter = cutter
        self._recipe = recipe
        self._sink = sink
        self._planned = planned
        self._slots = asyncio.Semaphore(parallel)

    async def run(self, segments: AsyncGenerator[CutSegment, None]) -> None:
        backlog = Backlog()
        filling = asyncio.create_task(backlog.fill(segments))
        keeping: set[asyncio.Task[None]] = set()
        try:
            while made := await backlog.take():
                for proven in await self._cutter.prove(made, self._recipe):
                    await self._slots.acquire()
                    _raise_first(keeping)
                    keeping.add(asyncio.create_task(self._keep(proven)))
            await filling
            await asyncio.gather(*keeping)
        finally:
            for task in (filling, *keeping):
                task.cancel()
            await asyncio.gather(filling, *keeping, return_exceptions=True)

    async def _keep(self, proven: Proven) -> None:
        try:
            await self._sink.keep(FinishedSegment(cut=self._planned.cut_of(proven.segment), proven=proven))
        finally:
            self._slots.release()


def file_of(cut: Cut) -> Cut:
    """The range of the cut's file, which begins earlier where there is an overlap."""
    return replace(cut, first_sample=cut.start_sample, sample_count=cut.sample_count + cut.overlap_samples)


def _start_after(kept: Sequence[Kept]) -> SizeStart:
    """Behind the last segment before which none is missing: each start depends on the one before."""
    row = [segment for place, segment in enumerate(kept) if segment.index == place]
    if not row:
        return SizeStart()
    last = row[-1]
    return SizeStart(
        last.index + 1, last.first_sample + last.sample_count, last.sample_count, last.size_bytes
    )


def _raise_first(tasks: set[asyncio.Task[None]]) -> None:
    """Forget what is done; stop early when one failed."""
    for task in [task for task in tasks if task.done()]:
        task.result()
        tasks.discard(task)
