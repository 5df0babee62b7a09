"""What a split job's steps do. Each may run twice: its effects land on keys and rows that the plan fixed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from server.fetch.download import download
from server.fetch.guard import AddressPolicy
from server.fetch.limits import FetchLimits
from server.jobs.model import SourceFacts, SplitJob
from server.jobs.split_records import SplitRecords
from server.uploads.uploads import Uploads
from server.workflows.cutting import Cutting
from server.workflows.failures import failure_of, reported
from server.workflows.messages import FailedJob, JobRef
from server.workflows.reporter import Reporter, reporting
from server.workflows.scratch import Scratch, ScratchFolder
from storage.interface import ObjectStore
from storage.keys import job_prefix, source_key
from zerokerf.errors import FileTooLarge

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parts:
    """What activities work with."""

    records: SplitRecords
    uploads: Uploads
    store: ObjectStore
    scratch: Scratch
    policy: AddressPolicy
    fetch_limits: FetchLimits
    cutting: Cutting
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
    async def cut(self, ref: JobRef) -> None:
        """Every segment is stored, verified and on record."""
        async with self._working(ref, "cut") as work:
            path = work.folder.path / "source"
            work.folder.reserve(_size(work.job))
            await self._parts.store.fetch(source_key(ref.account_id, ref.job_id), path)
            await self._parts.cutting.run(work.job, path, work.folder, work.reporter)

    @activity.defn(name="split.complete")
    async def complete(self, ref: JobRef) -> None:
        with reported():
            job = await self._parts.records.complete(ref.job_id)
            log.info("job completed", action="complete", job_id=job.id, account_id=job.account_id)

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

    async def _fetched(self, work: "_Work") -> SourceFacts:
        request, path = work.job.request, work.folder.path / "source"
        if request.upload_id is not None:
            upload = await self._parts.uploads.get(work.job.account_id, request.upload_id)
            chunks = self._parts.uploads.read(work.job.account_id, request.upload_id)
            stored = await self._parts.store.put(
                source_key(work.job.account_id, work.job.id),
                _counted(chunks, work.reporter, upload.committed_size, self._parts.fetch_limits.max_bytes),
                content_type=upload.content_type,
            )
            return SourceFacts(file_name=upload.file_name, size_bytes=stored.size, sha256=stored.sha256)
        downloaded = await download(
            request.source_url or "",
            path,
            policy=self._parts.policy,
            limits=self._parts.fetch_limits,
            on_progress=work.on_fetched,
        )
        await self._parts.store.put(
            source_key(work.job.account_id, work.job.id), path, content_type="application/octet-stream"
        )
        return SourceFacts(
            file_name=downloaded.file_name, size_bytes=downloaded.size_bytes, sha256=downloaded.sha256
        )

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


async def _counted(
    chunks: AsyncIterator[bytes], reporter: Reporter, total_bytes: int, max_bytes: int
) -> AsyncIterator[bytes]:
    done_bytes = 0
    async for chunk in chunks:
        done_bytes += len(chunk)
        if done_bytes > max_bytes:
            raise FileTooLarge(max_bytes)
        reporter.fetched(done_bytes, total_bytes)
        yield chunk


def _size(job: SplitJob) -> int:
    return (job.source.size_bytes or 0) if job.source else 0
