"""The records of split jobs. Each call is one transaction; every change of a job is an event within it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, select, update

from server.database.clock import Clock, utc_now
from server.database.ids import Prefix, is_id, new_id, shown
from server.database.open import Database
from server.database.tables import split_jobs
from server.jobs.merging import merge_facts, merge_notes, merge_progress
from server.jobs.model import (
    Failure,
    JobEvent,
    Page,
    Progress,
    SourceFacts,
    SplitJob,
    SplitRequest,
    StoredSegment,
)
from server.jobs.open_work import ACTIVE, CLEAN_UP_DUE, JobRef, jobs_that_are
from server.jobs.split_changes import JobChange, events_of, forget_segments, locked_job, segments_of
from server.jobs.split_creation import create_once
from server.jobs.split_lists import page_of
from server.jobs.split_rows import job_of
from server.jobs.states import State, may_delete
from server.jobs.wakeups import Wakeups
from server.jobs.wanted import JobNoLongerWanted
from server.jobs.wholeness import check_whole
from zerokerf.errors import (
    InvalidParams,
    JobAlreadyProcessing,
    JobCancelled,
    JobNotCancellable,
    JobNotFound,
)


class SplitRecords:
    """For clients (they name their account and see nothing else) and for workers (they name the job)."""

    def __init__(self, database: Database, wakeups: Wakeups, clock: Clock = utc_now) -> None:
        self._database = database
        self._wakeups = wakeups
        self._clock = clock

    # ---- for clients

    async def create(self, account_id: str, request: SplitRequest, request_id: str | None) -> SplitJob:
        """The new job, queued; or the first job that this account made with the same request id.

        Raises IdempotencyConflict if that one's request was another, JobNotFound if it has been deleted.
        """
        job = SplitJob(new_id(Prefix.JOB), account_id, State.QUEUED, request, Progress(), self._clock())
        async with self._database.writing() as connection:
            return await create_once(connection, job, request_id)

    async def get(self, account_id: str, job_id: str) -> SplitJob:
        """Raises JobNotFound, also for another account's job and for what cannot be an id."""
        if not is_id(Prefix.JOB, job_id):
            raise JobNotFound(shown(job_id))
        query = _present(job_id).where(split_jobs.c.account_id == account_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise JobNotFound(job_id)
        return job_of(row)

    async def segments(self, job_id: str) -> tuple[StoredSegment, ...]:
        """In order of their index. Whoever asks has made sure that the job is the client's."""
        async with self._database.reading() as connection:
            return await segments_of(connection, job_id)

    async def list(
        self, account_id: str, states: frozenset[State], page_size: int, page_token: str = "", skip: int = 0
    ) -> Page:
        """Newest first. Raises InvalidParams for a size, token or skip that cannot be."""
        async with self._database.reading() as connection:
            return await page_of(connection, account_id, states, page_size, page_token, skip)

    async def delete(self, account_id: str, job_id: str) -> None:
        """Forget what the client gave; its objects are due to be removed. Raises JobAlreadyProcessing."""
        async with self._changing_for_client(account_id, job_id) as change:
            if not may_delete(change.job.state):
                raise JobAlreadyProcessing(job_id)
            await change.erase()

    async def request_cancel(self, account_id: str, job_id: str) -> SplitJob:
        """Safe to repeat. Raises JobNotCancellable for a job that has ended otherwise."""
        async with self._changing_for_client(account_id, job_id) as change:
            job = change.job
            if job.state is State.CANCELLED:
                return job
            if job.state.is_final:
                raise JobNotCancellable(job_id, job.state)
            error = JobCancelled()
            failure = Failure(error.reason, error.sentence, error.facts)
            return await change.save(replace(job, state=State.CANCELLED, failure=failure))

    # ---- for workers: each is safe to repeat

    async def load(self, job_id: str) -> SplitJob | None:
        """None when the job is deleted."""
        async with self._database.reading() as connection:
            row = (await connection.execute(_present(job_id))).mappings().one_or_none()
        return job_of(row) if row else None

    async def begin(self, job_id: str) -> SplitJob:
        """Raises JobNoLongerWanted when the job has ended or was deleted."""
        async with self._changing(job_id) as change:
            if change.job.state is State.QUEUED:
                return await change.save(replace(change.job, state=State.PROCESSING))
            return _processing(change.job)

    async def record_source(
        self,
        job_id: str,
        facts: SourceFacts,
        output_format: str | None = None,
        notes: tuple[str, ...] = (),
        manifest_head: dict[str, Any] | None = None,
    ) -> SplitJob:
        """Add to what is known. Facts once known are replaced, never lost."""
        async with self._changing(job_id) as change:
            job = _processing(change.job)
            return await change.save(
                replace(
                    job,
                    source=merge_facts(job.source, facts),
                    output_format=output_format or job.output_format,
                    notes=merge_notes(job.notes, notes),
                    manifest_head=manifest_head or job.manifest_head,
                )
            )

    async def record_progress(
        self, job_id: str, progress: Progress, *, even_unchanged: bool = False
    ) -> SplitJob:
        """An event, unless nothing got larger. Raises JobNoLongerWanted: a good moment to stop working.

        With `even_unchanged` there is an event in any case, as a sign of life.
        """
        async with self._changing(job_id) as change:
            job = _processing(change.job)
            merged = replace(job, progress=merge_progress(job.progress, progress))
            return await change.save(merged, with_event=even_unchanged)

    async def record_segment(self, job_id: str, segment: StoredSegment, progress: Progress) -> SplitJob:
        async with self._changing(job_id) as change:
            job = _processing(change.job)
            await change.put_segment(segment)
            return await change.save(replace(job, progress=merge_progress(job.progress, progress)))

    async def forget_segments(self, job_id: str) -> None:
        """They are to be made anew, in another way."""
        async with self._changing(job_id) as change:
            _processing(change.job)
            await change.drop_segments()

    async def complete(self, job_id: str) -> SplitJob:
        """Raises SegmentsDoNotAddUp, and changes nothing, unless the segments are the whole source."""
        async with self._changing(job_id) as change:
            if change.job.state is State.COMPLETED:
                return change.job
            job = _processing(change.job)
            check_whole(await change.segments(), job.source.sample_count if job.source else None)
            done = replace(job.progress, percent=100)
            return await change.save(replace(job, state=State.COMPLETED, progress=done))

    async def fail(self, job_id: str, failure: Failure) -> None:
        """Changes nothing when the job has ended or is deleted: the first ending stands."""
        async with self._changing_if_present(job_id) as change:
            if change and not change.job.state.is_final:
                await change.save(replace(change.job, state=State.FAILED, failure=failure))

    async def objects_removed(self, job_id: str) -> None:
        """The clean-up that a failed, cancelled or deleted job was due has been done."""
        done = update(split_jobs).where(split_jobs.c.id == job_id, split_jobs.c.clean_up_due)
        async with self._database.writing() as connection:
            if (await connection.execute(done.values(clean_up_due=False))).rowcount:
                await forget_segments(connection, job_id)

    # ---- for the reconciler

    async def unstarted(self, limit: int, after: JobRef | None = None) -> tuple[JobRef, ...]:
        """Jobs that are queued or processing, oldest first, whether or not the engine has them."""
        async with self._database.reading() as connection:
            return await jobs_that_are(ACTIVE, connection, limit, after)

    async def uncleaned(self, limit: int, after: JobRef | None = None) -> tuple[JobRef, ...]:
        """Jobs that failed, were cancelled or deleted and whose objects may still be stored, oldest first."""
        async with self._database.reading() as connection:
            return await jobs_that_are(CLEAN_UP_DUE, connection, limit, after)

    # ---- for watchers

    async def events(
        self, account_id: str, job_id: str, after_sequence: int, limit: int
    ) -> tuple[State, tuple[JobEvent, ...]]:
        """The next events behind the cursor, and a state that is no newer than they are.

        Raises JobNotFound as `get` does, and InvalidParams for a cursor that is ahead of the job.
        """
        job = await self.get(account_id, job_id)
        if not 0 <= after_sequence <= job.last_sequence:
            sentence = f"The cursor must be from 0 to {job.last_sequence}, the job's last sequence number."
            raise InvalidParams({"after_sequence": sentence})
        if after_sequence == job.last_sequence:
            return job.state, ()
        async with self._database.reading() as connection:
            return job.state, await events_of(connection, job_id, after_sequence, limit)

    # ---- one job, locked

    @asynccontextmanager
    async def _changing_for_client(self, account_id: str, job_id: str) -> AsyncIterator[JobChange]:
        if not is_id(Prefix.JOB, job_id):
            raise JobNotFound(shown(job_id))
        async with self._changing_if_present(job_id, account_id) as change:
            if change is None:
                raise JobNotFound(job_id)
            yield change

    @asynccontextmanager
    async def _changing(self, job_id: str) -> AsyncIterator[JobChange]:
        async with self._changing_if_present(job_id) as change:
            if change is None:
                raise JobNoLongerWanted(job_id)
            yield change

    @asynccontextmanager
    async def _changing_if_present(
        self, job_id: str, account_id: str | None = None
    ) -> AsyncIterator[JobChange | None]:
        change: JobChange | None = None
        async with self._database.writing() as connection:
            job = await locked_job(connection, job_id, account_id)
            change = JobChange(connection, job, self._clock()) if job else None
            yield change
            if change and change.changed:
                await self._wakeups.announce(connection, job_id)
        if change and change.changed:
            self._wakeups.wake(job_id)


def _present(job_id: str) -> Select[Any]:
    return select(split_jobs).where(split_jobs.c.id == job_id, split_jobs.c.deleted_at.is_(None))


def _processing(job: SplitJob) -> SplitJob:
    if job.state is not State.PROCESSING:
        raise JobNoLongerWanted(job.id)
    return job
