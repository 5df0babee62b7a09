"""From a file in scratch to verified segments in the store: the media core, driven for one job."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from server.jobs.model import SourceFacts, SplitJob, StoredSegment
from server.jobs.split_records import SplitRecords
from server.media.chapters import Chapter, read_chapters
from server.media.cutter import ENCODED_AGAIN, Cutter, Method, Tools, open_cutter
from server.media.facts import SourceFacts as MediaFacts
from server.media.plan import ChaptersMode, Cut, needs_pauses, plan_cuts
from server.media.probe import probe
from server.media.segment import CutSegment
from server.media.silence import find_pauses_of_file
from server.media.size_search import SizeStart
from server.workflows.plans import mode_of, options_of
from server.workflows.reporter import Reporter
from server.workflows.scratch import ScratchFolder
from storage.interface import ObjectStore
from storage.keys import segment_key, segments_prefix
from zerokerf.errors import VerificationFailed
from zerokerf.formats import Format

UNPROVEN = "A segment made of its frames was not exact."

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Cutting:
    """What cutting works with. One value serves every job of a worker."""

    records: SplitRecords
    store: ObjectStore
    tools: Tools

    async def run(self, job: SplitJob, source: Path, folder: ScratchFolder, reporter: Reporter) -> None:
        """Every segment verified, stored and on record; what an earlier try finished is not done again."""
        facts = await probe(source, self.tools.limits, self.tools.prober)
        folder.reserve(facts.size_bytes + _decoded_bytes(facts))
        await _Attempt(self, job, source, facts, folder.path, reporter).run()


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One job's source, probed, on its way to segments."""

    parts: Cutting
    job: SplitJob
    source: Path
    facts: MediaFacts
    folder: Path
    reporter: Reporter

    async def run(self) -> None:
        # Segments of an earlier try were made in one way: those that are left must be as well.
        was_encoded = any(note.startswith(ENCODED_AGAIN) for note in self.job.notes)
        cutter = await self._open(UNPROVEN if was_encoded else None)
        try:
            await self._cut(cutter)
        except VerificationFailed:
            if cutter.method is Method.ENCODE:
                raise
            await self._forget_copies()
            await self._cut(await self._open(UNPROVEN))

    async def _forget_copies(self) -> None:
        """A copy that cannot be proven is none: the job is begun anew, through the samples."""
        log.warning("copy not proven", action="cut", job_id=self.job.id)
        await self.parts.records.forget_segments(self.job.id)
        await self.parts.store.delete_prefix(segments_prefix(self.job.account_id, self.job.id))

    async def _open(self, why_not_copied: str | None) -> Cutter:
        def on_decoded(samples: int) -> None:
            self.reporter.decoded(samples, self.facts.duration_hint_samples or 0)

        wish = self.job.request.output_format
        return await open_cutter(
            self.source,
            self.facts,
            Format(wish) if wish else None,
            self.folder,
            self.parts.tools,
            on_decoded,
            why_not_copied=why_not_copied,
        )

    async def _cut(self, cutter: Cutter) -> None:
        await self._record_facts(cutter)
        self.reporter.counted(cutter.sample_count, cutter.sample_rate)
        await _Cut(self.parts, self.job, cutter, await self._plan(cutter), self.reporter).run()

    async def _plan(self, cutter: Cutter) -> tuple[Cut, ...]:
        """Where to cut. Nothing for the mode by size, whose cuts are found one by one."""
        if self.job.request.max_file_size is not None:
            return ()
        mode, options, tools = mode_of(self.job.request), options_of(self.job.request), self.parts.tools
        pauses = None
        if needs_pauses(mode, options):
            pauses = await find_pauses_of_file(
                self.source, self.facts, self.folder, tools.decoder, tools.limits
            )
        chapters: tuple[Chapter, ...] = ()
        if isinstance(mode, ChaptersMode):
            chapters = await read_chapters(self.source, self.facts.demuxer, tools.limits, tools.prober)
        return await asyncio.to_thread(
            plan_cuts,
            mode,
            options,
            cutter.sample_count,
            cutter.sample_rate,
            tools.limits,
            pauses=pauses,
            chapters=chapters,
            snap=cutter.snap,
        )

    async def _record_facts(self, cutter: Cutter) -> None:
        known = SourceFacts(
            file_name=self.job.source.file_name if self.job.source else "source",
            format=self.facts.format,
            sample_rate=cutter.sample_rate,
            channels=cutter.channels,
            sample_count=cutter.sample_count,
        )
        await self.parts.records.record_source(self.job.id, known, cutter.format, cutter.notes)


class _Cut:
    """One job's segments on their way into the store."""

    def __init__(
        self, parts: Cutting, job: SplitJob, cutter: Cutter, cuts: tuple[Cut, ...], reporter: Reporter
    ) -> None:
        self._parts = parts
        self._cuts = cuts
        self._job = job
        self._cutter = cutter
        self._reporter = reporter
        self._slots = asyncio.Semaphore(parts.tools.parallel)

    async def run(self) -> None:
        done = await self._parts.records.segments(self._job.id)
        finishing: set[asyncio.Task[None]] = set()
        try:
            async with aclosing(self._segments(done)) as segments:
                async for segment in segments:
                    await self._slots.acquire()
                    _raise_first(finishing)
                    finishing.add(asyncio.create_task(self._finish(segment)))
            await asyncio.gather(*finishing)
        finally:
            for task in finishing:
                task.cancel()
            await asyncio.gather(*finishing, return_exceptions=True)

    def _segments(self, done: tuple[StoredSegment, ...]) -> AsyncGenerator[CutSegment, None]:
        limit = self._job.request.max_file_size
        if limit is None:
            return self._cutter.by_plan(self._planned(done), self._reporter.made)
        return self._cutter.by_size(limit, self._size_start(done))

    def _planned(self, done: tuple[StoredSegment, ...]) -> list[Cut]:
        """The files that no earlier try has finished."""
        self._reporter.resumed(sum(segment.sample_count for segment in done), len(done), len(self._cuts))
        finished = {segment.index for segment in done}
        return [_with_overlap(cut) for cut in self._cuts if cut.index not in finished]

    def _size_start(self, done: tuple[StoredSegment, ...]) -> SizeStart:
        """Behind the last segment before which none is missing: each start depends on the one before."""
        kept = [segment for place, segment in enumerate(done) if segment.index == place]
        self._reporter.resumed(sum(segment.sample_count for segment in kept), len(kept), 0)
        if not kept:
            return SizeStart()
        last = kept[-1]
        end = last.first_sample + last.sample_count
        return SizeStart(last.index + 1, end, last.sample_count, last.size_bytes)

    async def _finish(self, segment: CutSegment) -> None:
        try:
            await self._verify_and_store(segment)
        finally:
            self._slots.release()

    async def _verify_and_store(self, segment: CutSegment) -> None:
        parts, job, kind = self._parts, self._job, self._cutter.format
        await self._cutter.verify(segment, job.request.max_file_size)
        key = segment_key(job.account_id, job.id, segment.index, kind.extension)
        stored = await parts.store.put(key, segment.path, content_type=kind.content_type)
        await asyncio.to_thread(segment.path.unlink)
        record = self._record_of(segment, stored.size)
        self._reporter.stored(record.sample_count)
        await parts.records.record_segment(job.id, record, self._reporter.progress)

    def _record_of(self, segment: CutSegment, size_bytes: int) -> StoredSegment:
        cut = self._cuts[segment.index] if self._cuts else None
        return StoredSegment(
            index=segment.index,
            first_sample=cut.first_sample if cut else segment.first_sample,
            sample_count=cut.sample_count if cut else segment.sample_count,
            size_bytes=size_bytes,
            sha256=segment.sha256,
            excess_samples=segment.excess_samples,
            reason=segment.reason,
            title=cut.title if cut else None,
            shifted_samples=cut.shifted_samples if cut else 0,
            overlap_samples=cut.overlap_samples if cut else 0,
        )


def _with_overlap(cut: Cut) -> Cut:
    """The range of the file, in place of that of the segment."""
    return replace(cut, first_sample=cut.start_sample, sample_count=cut.sample_count + cut.overlap_samples)


def _raise_first(tasks: set[asyncio.Task[None]]) -> None:
    """Forget what is done; stop early when one failed."""
    for task in [task for task in tasks if task.done()]:
        task.result()
        tasks.discard(task)


def _decoded_bytes(facts: MediaFacts) -> int:
    """A guess, made before the samples are counted."""
    return (facts.duration_hint_samples or 0) * facts.channels * facts.sample_format.sample_bytes
