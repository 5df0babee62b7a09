"""What a split job's steps do. Each may run twice: its effects land on keys and rows that the plan fixed."""

import asyncio
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog
from temporalio import activity

from server.jobs.model import SplitJob, SplitRequest
from server.jobs.speech_model import SpeechRequest
from server.jobs.splits.manifest import manifest_json
from server.jobs.splits.records import SplitRecords
from server.jobs.splits.rows import request_of
from server.media.manifest.document import from_json
from server.media.segment import sha256_of
from server.media.splitting import Share
from server.media.threads import in_thread
from server.workflows.composing.cutter import Composing
from server.workflows.cutting import Cutting
from server.workflows.failures import reported
from server.workflows.messages import ChunkRef, FailedJob, JobRef, PlanRef, ShareRef, packed_plan
from server.workflows.planning import Planning
from server.workflows.reporter import Counter
from server.workflows.segment_transcripts import SegmentTranscripts
from server.workflows.steps import Steps, Work, alive, bookkeeping
from server.workflows.transcribing import Transcribing
from server.workflows.workers import count_workers
from storage.keys import manifest_key

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SplitParts:
    """What activities work with."""

    records: SplitRecords
    steps: Steps[SplitRequest]
    cutting: Cutting
    composing: Composing
    planning: Planning
    transcribing: Transcribing
    transcripts: SegmentTranscripts


class SplitActivities:
    def __init__(self, parts: SplitParts) -> None:
        self._parts = parts

    @activity.defn(name="split.fetch")
    async def fetch(self, ref: JobRef) -> bool | None:
        """The source is stored. Answers whether it is to be transcribed too."""
        async with bookkeeping():
            await self._leave_in_place(ref)
        job = await self._parts.steps.fetch(ref)
        return job.request.transcribe is not None

    @activity.defn(name="split.cut")
    async def cut(self, ref: JobRef) -> int | None:
        """Every segment is stored, verified and on record, or the work is worth being divided into shares."""
        steps = self._parts.steps
        async with steps.working(ref, "cut") as work:
            _count_cutting(work)
            sink = self._parts.cutting.sink(work.job, work.folder, work.reporter)
            if await self._parts.composing.run(work.job, work.folder, sink):
                return 0
            await self._parts.composing.bring(work.job, steps.sources.uploads, sink)
            path = await steps.source_of(work)
            job = await self._hashed(work.job, path)
            workers = await count_workers(steps.client)
            return await self._parts.cutting.run(job, path, work.folder, work.reporter, workers=workers)

    @activity.defn(name="split.cut-share")
    async def cut_share(self, ref: ShareRef) -> None:
        """Every segment of the share is stored, verified and on record."""
        steps = self._parts.steps
        async with steps.working(ref.job, f"cut-{ref.number}") as work:
            _count_cutting(work)
            path = await steps.source_of(work)
            share = Share(ref.number, ref.count)
            await self._parts.cutting.run(work.job, path, work.folder, work.reporter, share=share)

    @activity.defn(name="split.prepare")
    async def prepare(self, ref: JobRef) -> list[ChunkRef]:
        """What is to be heard is stored, and divided into chunks, which are on record."""
        steps, transcribing = self._parts.steps, self._parts.transcribing
        async with steps.working(ref, "prepare") as work:
            work.reporter.count_in(Counter.HEARING)
            path = await steps.source_of(work)
            speech = _speech_of(work.job)
            decoded = await transcribing.decode(speech, path, work.folder, work.reporter)
            chunks = await transcribing.divide(work.job, speech, decoded)
            return [ChunkRef(ref, chunk.channel, chunk.index) for chunk in chunks]

    @activity.defn(name="split.hear")
    async def hear(self, ref: ChunkRef) -> None:
        """What is said in the chunk is on record."""
        steps = self._parts.steps
        async with steps.working(ref.job, f"hear-{ref.channel}-{ref.index}") as work:
            speech = _speech_of(work.job)
            await self._parts.transcribing.hear(work.job, speech, ref.channel, ref.index)

    @activity.defn(name="split.write")
    async def write(self, ref: JobRef) -> None:
        """What is said, in the whole and in each segment, is stored and on record."""
        async with self._parts.steps.working(ref, "write") as work:
            work.reporter.writing()
            await self._parts.transcripts.write(work.job, _speech_of(work.job))

    @activity.defn(name="split.complete")
    async def complete(self, ref: JobRef) -> None:
        """The manifest is stored beside the segments, then the record says that all is there."""
        async with bookkeeping():
            await self._store_manifest(ref)
            job = await self._parts.records.complete(ref.job_id)
            await self._parts.steps.afterwards.job_ended(job.account_id, job.id)
            log.info("job completed", action="complete", job_id=job.id, account_id=job.account_id)

    @activity.defn(name="split.plan")
    async def plan(self, ref: PlanRef) -> bytes:
        """Where a job of this request would cut."""
        with reported():
            async with self._parts.steps.scratch.folder(ref.plan_id) as folder, alive():
                request = request_of(ref.request)
                plan = await self._parts.planning.run(ref.account_id, request, folder)
                return packed_plan(asdict(plan))

    @activity.defn(name="split.fail")
    async def fail(self, failed: FailedJob) -> None:
        await self._parts.steps.fail(failed)

    @activity.defn(name="split.clean-up")
    async def clean_up(self, ref: JobRef) -> None:
        """Of jobs of every kind."""
        await self._parts.steps.clean_up(ref)

    async def _leave_in_place(self, ref: JobRef) -> None:
        """Uploads that will be cut inside the store: then there is nothing to fetch."""
        composing, steps = self._parts.composing, self._parts.steps
        job = await self._parts.records.load(ref.job_id) if composing.composer is not None else None
        if job is None or job.request.upload_id is None or (job.source and job.source.sha256 is not None):
            return
        async with steps.working(ref, "look") as work:
            limit = steps.sources.limits.max_bytes
            most_bytes = min(limit, job.terms.max_source_bytes or limit)
            facts = await composing.left_in_place(work.job, steps.sources.uploads, most_bytes)
            if facts is not None:
                work.reporter.fetched(facts.size_bytes or 0, facts.size_bytes)
                await self._parts.records.record_facts(ref.job_id, facts)

    async def _hashed(self, job: SplitJob, path: Path) -> SplitJob:
        """With the source's SHA-256 on record, if it came without one and is here after all."""
        if job.source is None or job.source.sha256 != "":
            return job
        sha256 = await in_thread(sha256_of, path)
        return await self._parts.records.record_facts(job.id, replace(job.source, sha256=sha256))

    async def _store_manifest(self, ref: JobRef) -> None:
        parts = self._parts
        job = await parts.records.load(ref.job_id)
        if job is None or job.manifest_head is None:
            return  # whoever deleted it, or the check that follows, decides
        text = manifest_json(job, await parts.records.segments(ref.job_id)).encode()
        await asyncio.to_thread(from_json, text)
        key = manifest_key(ref.account_id, ref.job_id)
        await parts.steps.store.put(key, text, content_type="application/json")


def _count_cutting(work: Work[SplitRequest]) -> None:
    """Half of what a job does that is transcribed at the same time."""
    if work.job.request.transcribe is not None:
        work.reporter.count_in(Counter.CUTTING)


def _speech_of(job: SplitJob) -> SpeechRequest:
    if job.request.transcribe is None:
        raise RuntimeError("nothing is to be transcribed")
    return job.request.transcribe
