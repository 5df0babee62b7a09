"""From a file in scratch to verified segments in the store: the media core, driven for one job."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from server.jobs.model import SourceFacts, SplitJob, StoredSegment
from server.jobs.split_records import SplitRecords
from server.media.cut import cut_by_duration, cut_by_size
from server.media.decode import decode
from server.media.decoder import Decoder
from server.media.encode import EncodePlan, plan_encode
from server.media.facts import MediaLimits
from server.media.facts import SourceFacts as MediaFacts
from server.media.pcm import Pcm
from server.media.plan import Cut, DurationMode, plan_by_duration
from server.media.probe import probe
from server.media.prober import Prober
from server.media.segment import CutSegment
from server.media.size_search import SizeStart
from server.media.verify import verify_segment
from server.workflows.reporter import Reporter
from server.workflows.scratch import ScratchFolder
from storage.interface import ObjectStore
from storage.keys import segment_key
from zerokerf.formats import Format


@dataclass(frozen=True, slots=True)
class Cutting:
    """What cutting works with. One value serves every job of a worker."""

    records: SplitRecords
    store: ObjectStore
    decoder: Decoder
    prober: Prober
    limits: MediaLimits
    parallel: int

    async def run(self, job: SplitJob, source: Path, folder: ScratchFolder, reporter: Reporter) -> None:
        """Every segment verified, stored and on record; what an earlier try finished is not done again."""
        facts = await probe(source, self.limits, self.prober)
        await self._record_facts(job, facts, None)
        folder.reserve(facts.size_bytes + _decoded_bytes(facts))
        pcm = await decode(
            source,
            facts,
            folder.path,
            self.decoder,
            self.limits,
            lambda samples: reporter.decoded(samples, facts.duration_hint_samples or 0),
        )
        target = plan_encode(pcm, Format(job.request.output_format or facts.format), facts.codec)
        await self._record_facts(job, facts, pcm, target)
        reporter.counted(pcm.sample_count, pcm.sample_rate)
        await _Cut(self, job, pcm, target, folder.path, reporter).run()

    async def _record_facts(
        self, job: SplitJob, facts: MediaFacts, pcm: Pcm | None, target: EncodePlan | None = None
    ) -> None:
        known = SourceFacts(
            file_name=job.source.file_name if job.source else "source",
            format=facts.format,
            sample_rate=pcm.sample_rate if pcm else facts.sample_rate,
            channels=facts.channels,
            sample_count=pcm.sample_count if pcm else None,
        )
        await self.records.record_source(
            job.id, known, target.format if target else None, target.notes if target else ()
        )


class _Cut:
    """One job's segments on their way into the store."""

    def __init__(
        self, parts: Cutting, job: SplitJob, pcm: Pcm, target: EncodePlan, folder: Path, reporter: Reporter
    ) -> None:
        self._parts = parts
        self._job = job
        self._pcm = pcm
        self._target = target
        self._folder = folder
        self._reporter = reporter
        self._slots = asyncio.Semaphore(parts.parallel)

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
        parts, limit = self._parts, self._job.request.max_file_size
        if limit is None:
            rest = self._planned(done)
            return cut_by_duration(self._pcm, rest, self._target, self._folder, parts.decoder, parts.parallel)
        start = self._size_start(done)
        if start.first_sample == self._pcm.sample_count:
            return _none()
        return cut_by_size(self._pcm, limit, self._target, self._folder, parts.decoder, parts.limits, start)

    def _planned(self, done: tuple[StoredSegment, ...]) -> list[Cut]:
        """The cuts that no earlier try has finished."""
        mode = DurationMode(self._job.request.segment_ns or 0)
        cuts = plan_by_duration(self._pcm.sample_count, self._pcm.sample_rate, mode, self._parts.limits)
        self._reporter.resumed(sum(segment.sample_count for segment in done), len(done), len(cuts))
        finished = {segment.index for segment in done}
        return [cut for cut in cuts if cut.index not in finished]

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
        parts, job = self._parts, self._job
        limit = job.request.max_file_size
        await verify_segment(segment, self._target, self._pcm, parts.decoder, limit)
        kind = Format(self._target.format)
        key = segment_key(job.account_id, job.id, segment.index, kind.extension)
        stored = await parts.store.put(key, segment.path, content_type=kind.content_type)
        await asyncio.to_thread(segment.path.unlink)
        self._reporter.stored(segment.sample_count)
        await parts.records.record_segment(
            job.id,
            StoredSegment(
                index=segment.index,
                first_sample=segment.first_sample,
                sample_count=segment.sample_count,
                size_bytes=stored.size,
                sha256=segment.sha256,
                excess_samples=segment.excess_samples,
                reason=segment.reason,
            ),
            self._reporter.progress,
        )


async def _none() -> AsyncGenerator[CutSegment, None]:
    """Nothing is left to cut."""
    nothing: tuple[CutSegment, ...] = ()
    for segment in nothing:
        yield segment


def _raise_first(tasks: set[asyncio.Task[None]]) -> None:
    """Forget what is done; stop early when one failed."""
    for task in [task for task in tasks if task.done()]:
        task.result()
        tasks.discard(task)


def _decoded_bytes(facts: MediaFacts) -> int:
    """A guess, made before the samples are counted."""
    return (facts.duration_hint_samples or 0) * facts.channels * facts.sample_format.sample_bytes
