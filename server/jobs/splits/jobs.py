"""What clients can do with split jobs: recorded first, then told to the engine, so no crash loses one."""

from collections.abc import AsyncGenerator

from server.jobs.accepting import Accept, without_promises
from server.jobs.handover.afterwards import Afterwards
from server.jobs.handover.engine import JobEngine
from server.jobs.handover.handing_over import hand_over, stop
from server.jobs.kinds import KindName
from server.jobs.model import JobEvent, Page, SplitJob, SplitPlan, SplitRequest, StoredSegment, Terms
from server.jobs.splits.manifest import manifest_json
from server.jobs.splits.records import SplitRecords
from server.jobs.states import State
from server.jobs.uploads import FinishedUploads, check_size
from server.jobs.wakeups.open import Wakeups
from server.jobs.watching.events import JobEvents
from zerokerf.errors import ManifestNotReady, ZerokerfError


class SplitJobs:
    """Every call names the account and sees nothing of others; each is safe to repeat.

    What the engine cannot take at the moment is recorded, and handed to it later by the reconciler.
    """

    def __init__(
        self,
        records: SplitRecords,
        engine: JobEngine,
        uploads: FinishedUploads,
        wakeups: Wakeups,
        afterwards: Afterwards,
    ) -> None:
        self._afterwards = afterwards
        self._records = records
        self._engine = engine
        self._uploads = uploads
        self._events = JobEvents(records, wakeups)

    async def submit(
        self,
        account_id: str,
        request: SplitRequest,
        request_id: str | None,
        accept: Accept = without_promises,
        most_at_once: int | None = None,
    ) -> SplitJob:
        """Once it returns, the job will end; while `most_at_once` others are under way it waits.

        Raises UploadNotFound, UploadIncomplete, FileTooLarge, IdempotencyConflict, and what `accept` raises,
        which is asked of new jobs only.
        """
        try:
            terms = await self._accepted(account_id, request, accept)
        except ZerokerfError:
            if first := await self._records.repeated(account_id, request, request_id):
                return first
            raise
        job = await self._records.create(account_id, request, request_id, terms, most_at_once)
        if job.state is State.QUEUED and job.admitted_at is not None:
            await hand_over("start", job.id, self._start(job))
        return job

    async def _accepted(self, account_id: str, request: SplitRequest, accept: Accept) -> Terms:
        terms = await accept()
        if request.upload_id is not None:
            check_size(await self._uploads.require_complete(account_id, request.upload_id), terms)
        return terms

    async def _start(self, job: SplitJob) -> None:
        is_bulk = job.request.is_bulk
        await self._engine.start(KindName.SPLIT, job.id, job.account_id, is_bulk=is_bulk)

    async def get(self, account_id: str, job_id: str) -> SplitJob:
        return await self._records.get(account_id, job_id)

    async def segments(self, account_id: str, job_id: str) -> tuple[StoredSegment, ...]:
        """Raises JobNotFound. Empty unless the job is completed."""
        job = await self._records.get(account_id, job_id)
        return await self._records.segments(job.id) if job.state is State.COMPLETED else ()

    async def manifest(self, account_id: str, job_id: str) -> str:
        """As JSON. Raises JobNotFound, or ManifestNotReady unless the job is completed."""
        job = await self._records.get(account_id, job_id)
        if job.state is not State.COMPLETED or job.manifest_head is None:
            raise ManifestNotReady(job_id)
        return manifest_json(job, await self._records.segments(job_id))

    async def plan(self, account_id: str, request: SplitRequest) -> SplitPlan:
        """Where a job of this request would cut. Raises what would fail it, and what `submit` raises."""
        if request.upload_id is not None:
            await self._uploads.require_complete(account_id, request.upload_id)
        return await self._engine.plan_split(account_id, request)

    async def list(
        self, account_id: str, states: frozenset[State], page_size: int, page_token: str = "", skip: int = 0
    ) -> Page:
        return await self._records.list(account_id, states, page_size, page_token, skip)

    async def delete(self, account_id: str, job_id: str) -> None:
        await self._records.delete(account_id, job_id)
        await stop(self._engine, job_id, account_id)
        await self._afterwards.job_ended(account_id, job_id)

    async def cancel(self, account_id: str, job_id: str) -> SplitJob:
        job = await self._records.request_cancel(account_id, job_id)
        await stop(self._engine, job_id, account_id)
        await self._afterwards.job_ended(account_id, job_id)
        return job

    def watch(self, account_id: str, job_id: str, after_sequence: int) -> AsyncGenerator[JobEvent, None]:
        """Every event behind the cursor, then each new one. Raises JobNotFound, InvalidParams."""
        return self._events.watch(account_id, job_id, after_sequence)
