"""What a split job's steps do. Each may run twice: its effects land on keys and rows that the plan fixed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from server.jobs.manifest import manifest_json
from server.jobs.model import SourceFacts, SplitJob
from server.jobs.split_records import SplitRecords
from server.jobs.split_rows import request_of
from server.media.manifest import from_json
from server.media.splitting import Share
from server.workflows.cutting import Cutting
from server.workflows.failures import failure_of, reported
from server.workflows.messages import FailedJob, JobRef, PlanRef, ShareRef
from server.workflows.planning import Planning
from server.workflows.reporter import Reporter, reporting
from server.workflows.scratch import Scratch, ScratchFolder
from server.workflows.sources import Sources
from server.workflows.workers import count_workers
from storage.interface import ObjectStore
from storage.keys import job_prefix, manifest_key, source_key

BEAT_S = 1.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parts:
    """What activities work with."""

    records: SplitRecords
    sources: Sources
    store: ObjectStore
    scratch: Scratch
    cutting: Cutting
    planning: Planning
    client: Client


class SplitActivities:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn(name="split.fetch")
    async def fetch(self, ref: JobRef) -> None:
        """The source is in the store, whole, under the job's own key; its size and hash are on record."""
        async with self._working(ref, "fetch") as work:
            source = work.job.source
            if source is None or source.sha256 is None:
                await self._parts.records.record_source(ref.job_id, await self._fetched(work))

    @activity.defn(name="split.cut")
    async def cut(self, ref: JobRef) -> int | None:
        """Every segment is stored, verified and on record, or the work is worth being divided into shares."""
        async with self._working(ref, "cut") as work:
            path = await self._source_of(work)
            workers = await count_workers(self._parts.client)
            return await self._parts.cutting.run(work.job, path, work.folder, work.reporter, workers=workers)

    @activity.defn(name="split.cut-share")
    async def cut_share(self, ref: ShareRef) -> None:
        """Every segment of the share is stored, verified and on record."""
        async with self._working(ref.job, f"cut-{ref.number}") as work:
            path = await self._source_of(work)
            share = Share(ref.number, ref.count)
            await self._parts.cutting.run(work.job, path, work.folder, work.reporter, share=share)

    @activity.defn(name="split.complete")
    async def complete(self, ref: JobRef) -> None:
        """The manifest is stored beside the segments, then the record says that all is there."""
        with reported():
            await self._store_manifest(ref)
            job = await self._parts.records.complete(ref.job_id)
            log.info("job completed", action="complete", job_id=job.id, account_id=job.account_id)

    @activity.defn(name="split.plan")
    async def plan(self, ref: PlanRef) -> dict[str, Any]:
        """Where a job of this request would cut."""
        with reported():
            async with self._parts.scratch.folder(ref.plan_id) as folder, _alive():
                request = request_of(ref.request)
                return asdict(await self._parts.planning.run(ref.account_id, request, folder))

    @activity.defn(name="split.fail")
    async def fail(self, failed: FailedJob) -> None:
        """Nothing is left in the store, then the record says why."""
        job, failure = failed.job, failure_of(failed)
        with reported():
            await self._parts.store.delete_prefix(job_prefix(job.account_id, job.job_id))
            await self._parts.records.fail(job.job_id, failure)
            await self._parts.records.objects_removed(job.job_id)
            log.info(
                "job failed",
                action="fail",
                job_id=job.job_id,
                account_id=job.account_id,
                reason=failure.reason,
            )

    @activity.defn(name="split.clean-up")
    async def clean_up(self, ref: JobRef) -> None:
        """Stop the job's work, wait until it has stopped, and remove what it stored."""
        with reported():
            await self._stop(ref.job_id)
            await self._parts.store.delete_prefix(job_prefix(ref.account_id, ref.job_id))
            await self._parts.records.objects_removed(ref.job_id)
            log.info("job cleaned up", action="clean_up", job_id=ref.job_id, account_id=ref.account_id)

    async def _source_of(self, work: "_Work") -> Path:
        path = work.folder.path / "source"
        work.folder.reserve(_size(work.job))
        await self._parts.store.fetch(source_key(work.job.account_id, work.job.id), path)
        return path

    async def _store_manifest(self, ref: JobRef) -> None:
        parts = self._parts
        job = await parts.records.load(ref.job_id)
        if job is None or job.manifest_head is None:
            return  # whoever deleted it, or the check that follows, decides
        text = manifest_json(job, await parts.records.segments(ref.job_id)).encode()
        await asyncio.to_thread(from_json, text)
        await parts.store.put(
            manifest_key(ref.account_id, ref.job_id), _once(text), content_type="application/json"
        )

    async def _fetched(self, work: "_Work") -> SourceFacts:
        parts, job = self._parts, work.job
        key = source_key(job.account_id, job.id)
        if (upload_id := job.request.upload_id) is not None:
            upload = await parts.sources.uploads.get(job.account_id, upload_id)
            chunks = parts.sources.upload_chunks(job.account_id, upload_id, work.reporter.fetched)
            stored = await parts.store.put(key, chunks, content_type=upload.content_type)
            return SourceFacts(file_name=upload.file_name, size_bytes=stored.size, sha256=stored.sha256)
        path = work.folder.path / "source"
        facts = await parts.sources.into_scratch(job.account_id, job.request, path, work.on_fetched)
        await parts.store.put(key, path, content_type="application/octet-stream")
        return facts

    @asynccontextmanager
    async def _working(self, ref: JobRef, step: str) -> AsyncIterator["_Work"]:
        """A job that is wanted still, a folder to work in, and a reporter."""
        with reported():
            job = await self._parts.records.begin(ref.job_id)
            log.info("step started", action=step, job_id=job.id, account_id=job.account_id)
            async with (
                reporting(self._parts.records, job.id, job.progress) as reporter,
                self._parts.scratch.folder(f"{job.id}-{step}") as folder,
            ):
                yield _Work(job, folder, reporter)

    async def _stop(self, job_id: str) -> None:
        handle = self._parts.client.get_workflow_handle(job_id)
        try:
            await handle.cancel()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return
        ended = asyncio.create_task(_ended(handle), name=f"await-end-{job_id}")
        try:
            while not ended.done():
                activity.heartbeat()
                await asyncio.wait({ended}, timeout=1)
            await ended
        finally:
            ended.cancel()


@dataclass(frozen=True, slots=True)
class _Work:
    job: SplitJob
    folder: ScratchFolder
    reporter: Reporter

    def on_fetched(self, done_bytes: int, total_bytes: int | None) -> None:
        self.folder.reserve(max(done_bytes, total_bytes or 0))
        self.reporter.fetched(done_bytes, total_bytes)


async def _ended(handle: WorkflowHandle[object, object]) -> None:
    try:
        await handle.result()
    except WorkflowFailureError:
        return  # cancelled or failed: ended all the same


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


@asynccontextmanager
async def _alive() -> AsyncIterator[None]:
    """Heartbeats for work that reports no progress: without one its cancellation would not be heard."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(BEAT_S)

    beating = asyncio.create_task(beat(), name="heartbeat")
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


def _size(job: SplitJob) -> int:
    return (job.source.size_bytes or 0) if job.source else 0
