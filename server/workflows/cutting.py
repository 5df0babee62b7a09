"""From a file in scratch to verified segments in the store: the media core, driven for one job."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from server.jobs.model import SourceFacts, SplitJob, StoredSegment
from server.jobs.splits.records import SplitRecords
from server.media.cutter import Tools
from server.media.facts import SourceFacts as MediaFacts
from server.media.manifest.document import Composition, Method, part_json
from server.media.manifest.making import manifest_output, manifest_segment, manifest_source
from server.media.recipe import Verification, recipe_json
from server.media.splitting import WHOLE, FinishedSegment, Kept, Opened, Share, split
from server.workflows.composing.local import LocalComposing
from server.workflows.recipes import recipe_of
from server.workflows.reporter import Reporter
from server.workflows.scratch import ScratchFolder
from storage.interface import ObjectStore
from storage.keys import file_name_of, segment_key, segments_prefix, source_key
from zerokerf.formats import Format

#: Shorter recordings are encoded by one worker.
SHARED_FROM_S = 300

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Cutting:
    """What cutting works with. One value serves every job of a worker."""

    records: SplitRecords
    store: ObjectStore
    tools: Tools
    #: None: all bytes are sent.
    local: LocalComposing | None = None

    def sink(self, job: SplitJob, folder: ScratchFolder, reporter: Reporter, workers: int = 1) -> "JobSink":
        return JobSink(self, job, folder, reporter, workers)

    async def run(
        self,
        job: SplitJob,
        source: Path,
        folder: ScratchFolder,
        reporter: Reporter,
        *,
        share: Share = WHOLE,
        workers: int = 1,
    ) -> int:
        """Every segment of the share verified, stored and on record; what an earlier try finished is not done
        again. Answers into how many shares the work is to be divided instead, or 0 if it is done."""
        try:
            await split(
                source,
                recipe_of(job.request),
                folder.path,
                self.tools,
                self.sink(job, folder, reporter, workers if share == WHOLE else 1),
                why_not_copied=why_not_copied(job),
                share=share,
            )
        except _WorthSharing as work:
            return work.shares
        return 0


def why_not_copied(job: SplitJob) -> str | None:
    """Segments of an earlier try were made in one way: those that are left must be as well."""
    output = (job.manifest_head or {}).get("output", {})
    why: str | None = output.get("whyNotCopied")
    return why


class _WorthSharing(Exception):
    """Encoding takes long, and there are workers without any."""

    def __init__(self, shares: int) -> None:
        self.shares = shares


class JobSink:
    """One job's segments on their way into the store and onto the record."""

    def __init__(
        self, parts: Cutting, job: SplitJob, folder: ScratchFolder, reporter: Reporter, workers: int
    ) -> None:
        self._parts = parts
        self._workers = workers
        self._job = job
        self._folder = folder
        self._reporter = reporter
        self._format = Format.WAV

    async def probed(self, facts: MediaFacts) -> None:
        self._folder.reserve(facts.size_bytes + facts.decoded_bytes)

    def decoded(self, samples: int, expected_samples: int) -> None:
        self._reporter.decoded(samples, expected_samples)

    def made(self, samples: int) -> None:
        self._reporter.made(samples)

    async def opened(self, opened: Opened) -> Sequence[Kept]:
        making = opened.making
        self._format = making.format
        await self._record(opened)
        self._reporter.counted(making.sample_count, making.sample_rate)
        shares = _shares(opened, self._workers)
        if shares > 1:
            raise _WorthSharing(shares)
        done = await self._parts.records.segments(self._job.id)
        self._reporter.resumed(sum(segment.sample_count for segment in done), len(done), opened.count or 0)
        return [
            Kept(
                index=segment.index,
                first_sample=segment.first_sample,
                sample_count=segment.sample_count,
                size_bytes=segment.size_bytes,
            )
            for segment in done
        ]

    async def keep(self, segment: FinishedSegment) -> None:
        parts, job, file = self._parts, self._job, segment.file
        key = segment_key(job.account_id, job.id, file.index, self._format.extension)
        composed = await self._composed(segment, key)
        if composed is None:
            await parts.store.put(key, file.path, content_type=self._format.content_type)
        await asyncio.to_thread(file.path.unlink)
        await self._recorded(_proven_by(segment, composed), key)

    async def _composed(self, segment: FinishedSegment, key: str) -> Composition | None:
        """MP3 only: a plain WAV file need not have come to scratch, had the store been able to do this."""
        local, job = self._parts.local, self._job
        if local is None or self._format is not Format.MP3 or job.request.verification == Verification.FULL:
            return None
        source = source_key(job.account_id, job.id)
        return await local.put(key, segment.file, source, self._format.content_type)

    async def keep_stored(self, segment: FinishedSegment) -> None:
        """A segment that the store made itself, under its key."""
        job = self._job
        key = segment_key(job.account_id, job.id, segment.file.index, self._format.extension)
        await self._recorded(segment, key)

    async def source_etags(self) -> set[str]:
        """Of what earlier tries composed segments."""
        done = await self._parts.records.segments(self._job.id)
        proofs = ((segment.manifest_entry or {}).get("proof", {}) for segment in done)
        return {proof["composed"]["sourceEtag"] for proof in proofs if "composed" in proof}

    async def _recorded(self, segment: FinishedSegment, key: str) -> None:
        parts, job = self._parts, self._job
        record = _record_of(segment, file_name_of(key))
        self._reporter.stored(record.sample_count)
        recorded = await parts.records.record_segment(job.id, record, self._reporter.progress)
        self._reporter.seen(recorded.progress)

    async def forget(self) -> None:
        log.warning("copy not proven", action="cut", job_id=self._job.id)
        await self._parts.records.forget_segments(self._job.id)
        await self._parts.store.delete_prefix(segments_prefix(self._job.account_id, self._job.id))

    async def _record(self, opened: Opened) -> None:
        job, making = self._job, opened.making
        source = job.source or SourceFacts(file_name="source")
        facts = SourceFacts(
            file_name=source.file_name,
            format=opened.facts.format,
            sample_rate=making.sample_rate,
            channels=making.channels,
            sample_count=making.sample_count,
        )
        head = {
            "source": part_json(manifest_source(opened, source.file_name, source.sha256)),
            "options": recipe_json(recipe_of(job.request)),
            "output": part_json(manifest_output(opened)),
        }
        await self._parts.records.record_source(job.id, facts, making.format, opened.notes, head)


def _shares(opened: Opened, workers: int) -> int:
    """Each share decodes the source for itself, which pays where there is much to encode."""
    making = opened.making
    is_long = making.sample_count >= SHARED_FROM_S * making.sample_rate
    if making.method is Method.COPY or opened.count is None or not is_long:
        return 1
    return min(workers, opened.count)


def _proven_by(segment: FinishedSegment, composed: Composition | None) -> FinishedSegment:
    if composed is None:
        return segment
    proven = segment.proven
    return replace(segment, proven=replace(proven, proof=replace(proven.proof, composed=composed)))


def _record_of(segment: FinishedSegment, file_name: str) -> StoredSegment:
    cut, file = segment.cut, segment.file
    return StoredSegment(
        index=cut.index,
        first_sample=cut.first_sample,
        sample_count=cut.sample_count,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        excess_samples=file.excess_samples,
        reason=file.reason,
        title=cut.title,
        shifted_samples=cut.shifted_samples,
        overlap_samples=cut.overlap_samples,
        manifest_entry=part_json(manifest_segment(segment, file_name)),
    )
