"""The records of transcription jobs."""

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import ColumnElement, select

from server.database.clock import Clock, utc_now
from server.database.ids import Prefix, new_id, shown
from server.database.open import Database
from server.database.tables import jobs
from server.jobs.batch.ids import job_id_for, new_public_id
from server.jobs.batch.lists import batch_page_of
from server.jobs.batch.model import BatchJob, BatchPage, BatchQuery, BatchRequest
from server.jobs.batch.rows import BATCH
from server.jobs.batch.uploads import FinishedUpload
from server.jobs.model import NO_TERMS, Job, Progress, SourceFacts, Terms
from server.jobs.observing import JobObserver
from server.jobs.records.creation import create_once, repeated
from server.jobs.records.jobs import JobRecords, processing
from server.jobs.records.made import forget_made
from server.jobs.records.merging import merge_facts, merge_notes
from server.jobs.records.rows import job_of
from server.jobs.states import State
from server.jobs.wakeups.open import Wakeups
from zerokerf.errors import JobExists, JobNotCancellable, JobNotDeletable, JobNotFound


class BatchRecords(JobRecords[BatchRequest]):
    """Clients call jobs by public ids of their own choice; everybody else by the id."""

    def __init__(
        self,
        database: Database,
        wakeups: Wakeups,
        clock: Clock = utc_now,
        observer: JobObserver | None = None,
    ) -> None:
        super().__init__(database, wakeups, BATCH, clock, observer)

    # ---- for clients

    async def create(
        self,
        account_id: str,
        request: BatchRequest,
        public_id: str | None = None,
        request_id: str | None = None,
        upload: FinishedUpload | None = None,
        terms: Terms = NO_TERMS,
        most_at_once: int | None = None,
    ) -> BatchJob:
        """The new job, queued; or the first job that this account made with the same request id.

        It is called by the public id, else as the upload that was made for it says, else by a new one.
        Raises JobExists if the account calls another job so or the upload has had its job, and
        IdempotencyConflict if the request id was used for another request.
        """
        meant = upload.job_id if upload else None
        job = Job(
            job_id_for(request.upload_id) if meant and request.upload_id else new_id(Prefix.JOB),
            account_id,
            State.QUEUED,
            request,
            Progress(),
            self._clock(),
            public_id=public_id or meant or new_public_id(),
            terms=terms,
        )
        asked = _asked(request, public_id)
        async with self._database.writing() as connection:
            return await create_once(
                connection, job, BATCH, request_id, request.model_code, asked, most_at_once
            )

    async def repeated(
        self, account_id: str, request: BatchRequest, public_id: str | None, request_id: str | None
    ) -> BatchJob | None:
        """The first job of the same request id, if there is one. Raises what `create` raises of it."""
        async with self._database.reading() as connection:
            asked = _asked(request, public_id)
            return await repeated(connection, account_id, BATCH, request_id, asked, self._clock())

    async def require_free(self, account_id: str, public_id: str) -> None:
        """Raises JobExists if the account calls a job so at the moment, or did."""
        async with self._database.reading() as connection:
            taken = await connection.scalar(select(jobs.c.id).where(*_named(account_id, public_id)))
        if taken is not None:
            raise JobExists(public_id)

    async def get(self, account_id: str, job_id: str) -> BatchJob:
        """By its id, also when it is deleted: its record and its events stay. Raises JobNotFound."""
        mine = jobs.c.account_id == account_id, jobs.c.kind == BATCH.name, jobs.c.id == job_id
        async with self._database.reading() as connection:
            row = (await connection.execute(select(jobs).where(*mine))).mappings().one_or_none()
        if row is None:
            raise JobNotFound(shown(job_id))
        return job_of(row, BATCH)

    async def find(self, account_id: str, public_id: str) -> BatchJob:
        """Also when it is deleted. Raises JobNotFound, also for another account's job."""
        query = select(jobs).where(*_named(account_id, public_id), jobs.c.kind == BATCH.name)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise JobNotFound(shown(public_id))
        return job_of(row, BATCH)

    async def list(self, account_id: str, query: BatchQuery) -> BatchPage:
        async with self._database.reading() as connection:
            return await batch_page_of(connection, account_id, query)

    async def delete(self, account_id: str, public_id: str) -> BatchJob:
        """Its record stays, its objects are due to be removed. Raises JobNotDeletable before it has ended."""
        job = await self.find(account_id, public_id)
        async with self._changing_if_present(job.id, account_id) as change:
            if change is None or not change.job.state.is_final:
                raise JobNotDeletable(public_id)
            return await change.bury()

    async def cancel(self, account_id: str, public_id: str) -> BatchJob:
        """Safe to repeat. Raises JobNotFound, or JobNotCancellable for a job that has ended otherwise."""
        job = await self.find(account_id, public_id)
        try:
            return await self.request_cancel(account_id, job.id)
        except JobNotFound:
            raise JobNotCancellable(public_id, "deleted") from None

    # ---- for workers: each is safe to repeat

    async def record_source(self, job_id: str, facts: SourceFacts, notes: tuple[str, ...] = ()) -> BatchJob:
        """Add to what is known. Facts once known are replaced, never lost."""
        async with self._changing(job_id) as change:
            job = processing(change.job)
            source = merge_facts(job.source, facts)
            return await change.save(replace(job, source=source, notes=merge_notes(job.notes, notes)))

    async def complete(self, job_id: str, outcome: dict[str, Any], transcript_bytes: int = 0) -> BatchJob:
        """The transcripts are stored; the chunks they were made of are not needed any more."""
        async with self._changing(job_id) as change:
            if change.job.state is State.COMPLETED:
                return change.job
            job = processing(change.job)
            await forget_made(change.connection, job_id)
            done = replace(job.progress, percent=100)
            source = (job.source.size_bytes if job.source else None) or 0
            done_job = replace(job, state=State.COMPLETED, progress=done, outcome=outcome)
            return await change.save(replace(done_job, stored_bytes=source + transcript_bytes))


def _named(account_id: str, public_id: str) -> tuple[ColumnElement[bool], ...]:
    return jobs.c.account_id == account_id, jobs.c.public_id == public_id


def _asked(request: BatchRequest, public_id: str | None) -> dict[str, Any]:
    """What makes two requests the same: a name that we made says nothing, nor does where we put the bytes."""
    upload_id = None if request.upload_sha256 else request.upload_id
    asked = {**asdict(request), "upload_id": upload_id, "public_id": public_id}
    if request.webhook_url is None:  # as older versions recorded it
        del asked["webhook_url"]
    if not request.is_bulk:
        del asked["is_bulk"]
    return asked
