"""What clients can do with transcription jobs: recorded first, then told to the engine."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from server.jobs.accepting import Accept, without_promises
from server.jobs.batch.ids import own_upload_of
from server.jobs.batch.model import BatchJob, BatchPage, BatchQuery, BatchRequest
from server.jobs.batch.records import BatchRecords
from server.jobs.batch.uploads import BatchUploads, FinishedUpload
from server.jobs.handover.afterwards import Afterwards
from server.jobs.handover.engine import JobEngine
from server.jobs.handover.handing_over import hand_over, stop
from server.jobs.kinds import KindName
from server.jobs.model import JobEvent, Terms
from server.jobs.states import State
from server.jobs.uploads import check_size
from server.jobs.wakeups.open import Wakeups
from server.jobs.watching.events import JobEvents
from zerokerf.errors import ZerokerfError


class BatchJobs:
    """Every call names the account and sees nothing of others; each is safe to repeat.

    What the engine cannot take at the moment is recorded, and handed to it later by the reconciler.
    """

    def __init__(
        self,
        records: BatchRecords,
        engine: JobEngine,
        uploads: BatchUploads,
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
        request: BatchRequest,
        public_id: str | None,
        request_id: str | None,
        accept: Accept = without_promises,
        most_at_once: int | None = None,
    ) -> BatchJob:
        """Once it returns, the job will end; while `most_at_once` others are under way it waits.

        Without a public id, the upload may say what the job is called. New jobs only are asked of `accept`,
        which may refuse.

        Raises JobExists, UploadNotFound, UploadIncomplete, FileTooLarge or IdempotencyConflict.
        """
        try:
            terms, upload = await self._accepted(account_id, request, accept)
        except ZerokerfError:
            if first := await self._records.repeated(account_id, request, public_id, request_id):
                return first
            raise
        job = await self._records.create(
            account_id, request, public_id, request_id, upload, terms, most_at_once
        )
        if job.state is State.QUEUED and job.admitted_at is not None:
            await hand_over("start", job.id, self._start(job))
        return job

    async def _accepted(
        self, account_id: str, request: BatchRequest, accept: Accept
    ) -> tuple[Terms, FinishedUpload | None]:
        terms = await accept()
        if request.upload_id is None:
            return terms, None
        upload = await self._uploads.require_complete(account_id, request.upload_id)
        check_size(upload, terms)
        return terms, upload

    async def _start(self, job: BatchJob) -> None:
        is_bulk = job.request.is_bulk
        await self._engine.start(KindName.BATCH, job.id, job.account_id, is_bulk=is_bulk)

    async def require_free(self, account_id: str, public_id: str) -> None:
        """Raises JobExists. Nothing is reserved: `submit` may still find that somebody was quicker."""
        await self._records.require_free(account_id, public_id)

    async def get(self, account_id: str, public_id: str) -> BatchJob:
        """Also when it is deleted. Raises JobNotFound."""
        return await self._records.find(account_id, public_id)

    async def list(self, account_id: str, query: BatchQuery) -> BatchPage:
        return await self._records.list(account_id, query)

    async def delete(self, account_id: str, public_id: str) -> BatchJob:
        """With its recording, where that was sent for it alone. Raises JobNotFound, JobNotDeletable."""
        job = await self._records.delete(account_id, public_id)
        await stop(self._engine, job.id, account_id)
        await self._afterwards.job_ended(account_id, job.id)
        upload_id = own_upload_of(job)
        if upload_id is not None:  # else it goes when uploads expire
            await hand_over("discard", job.id, self._uploads.discard(account_id, upload_id))
        return job

    async def cancel(self, account_id: str, public_id: str) -> BatchJob:
        """Raises JobNotCancellable for a job that has ended otherwise."""
        job = await self._records.cancel(account_id, public_id)
        await stop(self._engine, job.id, account_id)
        await self._afterwards.job_ended(account_id, job.id)
        return job

    async def watch(
        self, account_id: str, public_id: str, after_sequence: int
    ) -> AsyncGenerator[JobEvent, None]:
        """Every event behind the cursor, then each new one. Raises JobNotFound, InvalidParams."""
        job = await self._records.find(account_id, public_id)
        events = self._events.watch(account_id, job.id, after_sequence)
        async with aclosing(events):
            async for event in events:
                yield event
