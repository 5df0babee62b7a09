"""What the steps of all kinds of jobs share: a wanted job, a folder, a reporter, an honest ending."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import structlog
from structlog.contextvars import bound_contextvars
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from server.jobs.handover.afterwards import Afterwards
from server.jobs.model import Job, SourceFacts
from server.jobs.records.announcing import Asked as AskedOfJobs
from server.jobs.records.jobs import JobRecords
from server.workflows.failures import failure_of, reported
from server.workflows.messages import FailedJob, JobRef
from server.workflows.reporter import Reporter, reporting
from server.workflows.scratch import Scratch, ScratchFolder
from server.workflows.sources import Located, Sources
from storage.interface import ObjectStore
from storage.keys import job_prefix, source_key

BEAT_S = 1.0


class Asked(Located, AskedOfJobs, Protocol):
    """What the requests of all kinds have in common, with where their sources are."""


Request = TypeVar("Request", bound=Asked)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Work(Generic[Request]):
    """One step of one job, under way."""

    job: Job[Request]
    folder: ScratchFolder
    reporter: Reporter

    def on_fetched(self, done_bytes: int, total_bytes: int | None) -> None:
        self.folder.reserve(max(done_bytes, total_bytes or 0))
        self.reporter.fetched(done_bytes, total_bytes)


@dataclass(frozen=True, slots=True)
class Steps(Generic[Request]):
    """For the jobs of one kind. One value serves every job of a worker."""

    records: JobRecords[Request]
    sources: Sources
    store: ObjectStore
    scratch: Scratch
    client: Client
    afterwards: Afterwards

    @asynccontextmanager
    async def working(self, ref: JobRef, step: str) -> AsyncIterator[Work[Request]]:
        """A job that is wanted still, a folder to work in, and a reporter."""
        with reported():
            job = await self.records.begin(ref.job_id)
            with bound_contextvars(job_id=job.id, account_id=job.account_id):
                log.info("step started", action=step)
                try:
                    async with (
                        reporting(self.records, job.id, job.progress) as reporter,
                        self.scratch.folder(f"{job.id}-{step}") as folder,
                    ):
                        yield Work(job, folder, reporter)
                finally:
                    log.debug("step left", action=step)

    async def fetch(self, ref: JobRef) -> Job[Request]:
        """The source is in the store, whole, under the job's own key; its size and hash are on record."""
        async with self.working(ref, "fetch") as work:
            source = work.job.source
            if source is None or source.sha256 is None:
                return await self.records.record_facts(ref.job_id, await self._fetched(work))
            return work.job

    async def source_of(self, work: Work[Request]) -> Path:
        """The source, in scratch."""
        job, path = work.job, work.folder.path / "source"
        work.folder.reserve((job.source.size_bytes or 0) if job.source else 0)
        await self.store.fetch(source_key(job.account_id, job.id), path)
        return path

    async def fail(self, failed: FailedJob) -> None:
        """Nothing is left in the store, then the record says why."""
        job, failure = failed.job, failure_of(failed)
        async with bookkeeping():
            await self.store.delete_prefix(job_prefix(job.account_id, job.job_id))
            await self.records.fail(job.job_id, failure)
            await self.records.objects_removed(job.job_id)
            await self.afterwards.job_ended(job.account_id, job.job_id)
            log.info(
                "job failed",
                action="fail",
                job_id=job.job_id,
                account_id=job.account_id,
                reason=failure.reason,
            )

    async def clean_up(self, ref: JobRef) -> None:
        """Stop the job's work, wait until it has stopped, and remove what it stored."""
        with reported():
            await self._stop(ref.job_id)
            await self.store.delete_prefix(job_prefix(ref.account_id, ref.job_id))
            await self.records.objects_removed(ref.job_id)
            log.info("job cleaned up", action="clean_up", job_id=ref.job_id, account_id=ref.account_id)

    async def _fetched(self, work: Work[Request]) -> SourceFacts:
        job, most = work.job, work.job.terms.max_source_bytes
        sources = self.sources if most is None else self.sources.up_to(most)
        key = source_key(job.account_id, job.id)
        if (upload_id := job.request.upload_id) is not None:
            upload = await sources.uploads.get(job.account_id, upload_id)
            chunks = sources.upload_chunks(job.account_id, upload_id, work.reporter.fetched)
            stored = await self.store.put(key, chunks, content_type=upload.content_type)
            return SourceFacts(file_name=upload.file_name, size_bytes=stored.size, sha256=stored.sha256)
        path = work.folder.path / "source"
        facts = await sources.into_scratch(job.account_id, job.request, path, work.on_fetched)
        await self.store.put(key, path, content_type="application/octet-stream")
        return facts

    async def _stop(self, job_id: str) -> None:
        handle = self.client.get_workflow_handle(job_id)
        try:
            await handle.cancel()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return
        async with alive():
            await _ended(handle)


@asynccontextmanager
async def bookkeeping() -> AsyncIterator[None]:
    """Short work, of which the engine hears within seconds that its worker is lost."""
    with reported():
        async with alive():
            yield


@asynccontextmanager
async def alive() -> AsyncIterator[None]:
    """Heartbeats for work that reports no progress: without one nothing is heard of its end or cancelling."""

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


async def _ended(handle: WorkflowHandle[object, object]) -> None:
    try:
        await handle.result()
    except WorkflowFailureError:
        return  # cancelled or failed: ended all the same
