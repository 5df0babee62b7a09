"""The records of jobs. Each call is one transaction; every change of a job is an event within it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Generic

from sqlalchemy import Select, bindparam, select, update

from server.database.clock import Clock, utc_now
from server.database.ids import Prefix, is_id, shown
from server.database.open import Database
from server.database.tables import jobs
from server.jobs.kinds import Kind
from server.jobs.model import Failure, Job, JobEvent, Progress, SourceFacts
from server.jobs.observing import JobObserver, tell_move
from server.jobs.records.announcing import Request
from server.jobs.records.changes import JobChange, events_of, locked_job
from server.jobs.records.chunks import chunk_at, chunks_of, put_chunks, put_heard, recognized_so_far
from server.jobs.records.made import forget_made
from server.jobs.records.merging import merge_facts, merge_progress
from server.jobs.records.rows import job_of
from server.jobs.records.together import Together
from server.jobs.speech_model import Recognized, SpeechChunk
from server.jobs.states import State
from server.jobs.wakeups.open import Wakeups
from server.jobs.wanted import JobNoLongerWanted
from zerokerf.errors import InvalidParams, JobCancelled, JobNotCancellable, JobNotFound

#: Rows that one query reads.
_MOST_ROWS = 64


class JobRecords(Generic[Request]):
    """Of one kind. For clients (they name their account and see nothing else) and for workers (they name the
    job)."""

    def __init__(
        self,
        database: Database,
        wakeups: Wakeups,
        kind: Kind[Request],
        clock: Clock = utc_now,
        observer: JobObserver | None = None,
    ) -> None:
        self._database = database
        self._wakeups = wakeups
        self._kind = kind
        self._clock = clock
        self._observer = observer
        present = jobs.c.id.in_(bindparam("ids", expanding=True)), jobs.c.kind == kind.name
        self._rows_query = select(jobs).where(*present, jobs.c.deleted_at.is_(None))
        self._jobs = Together(self._ask_jobs)
        self._events = Together(self._ask_events)

    # ---- for clients

    async def get(self, account_id: str, job_id: str) -> Job[Request]:
        """Raises JobNotFound, also for another account's job and for what cannot be an id."""
        if not is_id(Prefix.JOB, job_id):
            raise JobNotFound(shown(job_id))
        job = await self._jobs.get(job_id)
        if job is None or job.account_id != account_id:
            raise JobNotFound(job_id)
        return job

    async def _ask_jobs(self, job_ids: Sequence[str]) -> dict[str, Job[Request]]:
        found: dict[str, Job[Request]] = {}
        async with self._database.reading() as connection:
            for start in range(0, len(job_ids), _MOST_ROWS):
                rows = await connection.execute(
                    self._rows_query, {"ids": _filled(job_ids[start : start + _MOST_ROWS])}
                )
                found.update((row["id"], job_of(row, self._kind)) for row in rows.mappings())
        return found

    async def request_cancel(self, account_id: str, job_id: str) -> Job[Request]:
        """Safe to repeat. Raises JobNotCancellable for a job that has ended otherwise."""
        async with self._changing_for_client(account_id, job_id) as change:
            job = change.job
            if job.state is State.CANCELLED:
                return job
            if job.state.is_final:
                raise JobNotCancellable(job.public_id or job_id, job.state)
            error = JobCancelled()
            failure = Failure(error.reason, error.sentence, error.facts)
            return await change.save(replace(job, state=State.CANCELLED, failure=failure))

    # ---- for workers: each is safe to repeat

    async def load(self, job_id: str) -> Job[Request] | None:
        """None when the job is deleted."""
        async with self._database.reading() as connection:
            row = (await connection.execute(self._present(job_id))).mappings().one_or_none()
        return job_of(row, self._kind) if row else None

    async def begin(self, job_id: str) -> Job[Request]:
        """Raises JobNoLongerWanted when the job has ended or was deleted."""
        async with self._changing(job_id) as change:
            if change.job.state is State.QUEUED:
                return await change.save(replace(change.job, state=State.PROCESSING))
            return processing(change.job)

    async def record_facts(self, job_id: str, facts: SourceFacts) -> Job[Request]:
        """Add to what is known of the source. Facts once known are replaced, never lost."""
        async with self._changing(job_id) as change:
            job = processing(change.job)
            return await change.save(replace(job, source=merge_facts(job.source, facts)))

    async def record_progress(
        self, job_id: str, progress: Progress, *, unless_heard_within: timedelta | None = None
    ) -> Job[Request]:
        """An event, unless nothing got larger. Raises JobNoLongerWanted: a good moment to stop working.

        With `unless_heard_within` there is one even so, as a sign of life, if there was none for so long.
        """
        async with self._changing(job_id) as change:
            job = processing(change.job)
            merged = replace(job, progress=merge_progress(job.progress, progress))
            return await change.save(merged, with_event=self._is_silent(job, unless_heard_within))

    def _is_silent(self, job: Job[Request], limit: timedelta | None) -> bool:
        if limit is None:
            return False
        return job.updated_at is None or self._clock() - job.updated_at >= limit

    async def plan_chunks(
        self, job_id: str, chunks: Sequence[SpeechChunk], sample_count: int, sample_rate: int, language: str
    ) -> Job[Request]:
        """Recognition begins. What an earlier plan of the same recording got done is kept."""
        planned = Recognized(0, len(chunks), 0, sample_count, sample_rate)
        async with self._changing(job_id) as change:
            job = processing(change.job)
            await put_chunks(change.connection, job_id, chunks)
            progress = merge_progress(job.progress, self._kind.progress_of(planned))
            return await change.save(replace(job, progress=progress, outcome={"language": language}))

    async def chunks(self, job_id: str) -> tuple[SpeechChunk, ...]:
        """By channel, then in order of time."""
        async with self._database.reading() as connection:
            return await chunks_of(connection, job_id)

    async def chunk(self, job_id: str, channel: int, index: int) -> SpeechChunk:
        """Raises JobNoLongerWanted when there is none: its job has ended."""
        async with self._database.reading() as connection:
            chunk = await chunk_at(connection, job_id, channel, index)
        if chunk is None:
            raise JobNoLongerWanted(job_id)
        return chunk

    async def record_heard(
        self, job_id: str, channel: int, index: int, heard: dict[str, Any]
    ) -> Job[Request]:
        """What was recognized in a chunk. Hearing it again changes nothing and is no event."""
        async with self._changing(job_id) as change:
            job = processing(change.job)
            if not await put_heard(change.connection, job_id, channel, index, heard):
                return job
            news = self._kind.progress_of(await recognized_so_far(change.connection, job_id))
            return await change.save(replace(job, progress=merge_progress(job.progress, news)))

    async def fail(self, job_id: str, failure: Failure) -> None:
        """Changes nothing when the job has ended or is deleted: the first ending stands."""
        async with self._changing_if_present(job_id) as change:
            if change and not change.job.state.is_final:
                await change.save(replace(change.job, state=State.FAILED, failure=failure))

    async def objects_removed(self, job_id: str) -> None:
        """The clean-up that a failed, cancelled or deleted job was due has been done."""
        done = update(jobs).where(jobs.c.id == job_id, jobs.c.clean_up_due)
        async with self._database.writing() as connection:
            if (await connection.execute(done.values(clean_up_due=False))).rowcount:
                await forget_made(connection, job_id)

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
        return job.state, await self._events.get((job_id, after_sequence, limit)) or ()

    async def news(
        self, account_id: str, job_id: str, after_sequence: int, limit: int
    ) -> tuple[JobEvent, ...]:
        """As `events`, for who knows the cursor to be good; asks for the job only where there are none."""
        events = await self._events.get((job_id, after_sequence, limit))
        return events or (await self.events(account_id, job_id, after_sequence, limit))[1]

    async def _ask_events(
        self, asked: Sequence[tuple[str, int, int]]
    ) -> dict[tuple[str, int, int], tuple[JobEvent, ...]]:
        async with self._database.reading() as connection:
            return {one: await events_of(connection, *one) for one in asked}

    # ---- one job, locked

    @asynccontextmanager
    async def _changing_for_client(self, account_id: str, job_id: str) -> AsyncIterator[JobChange[Request]]:
        if not is_id(Prefix.JOB, job_id):
            raise JobNotFound(shown(job_id))
        async with self._changing_if_present(job_id, account_id) as change:
            if change is None:
                raise JobNotFound(job_id)
            yield change

    @asynccontextmanager
    async def _changing(self, job_id: str) -> AsyncIterator[JobChange[Request]]:
        async with self._changing_if_present(job_id) as change:
            if change is None:
                raise JobNoLongerWanted(job_id)
            yield change

    @asynccontextmanager
    async def _changing_if_present(
        self, job_id: str, account_id: str | None = None
    ) -> AsyncIterator[JobChange[Request] | None]:
        change: JobChange[Request] | None = None
        async with self._database.writing() as connection:
            job = await locked_job(connection, self._kind, job_id, account_id)
            change = JobChange(connection, self._kind, job, self._clock()) if job else None
            yield change
            if change and change.changed:
                await self._wakeups.announce(connection, job_id)
        if change and change.changed:
            self._wakeups.wake(job_id)
        if change and job and self._observer:
            tell_move(self._observer, self._kind.name, job.state, change.job)

    def _present(self, job_id: str) -> Select[Any]:
        mine = jobs.c.id == job_id, jobs.c.kind == self._kind.name
        return select(jobs).where(*mine, jobs.c.deleted_at.is_(None))


def _filled(job_ids: Sequence[str]) -> list[str]:
    """As many as the next power of two, so that there are few different statements to prepare."""
    return [*job_ids, *[job_ids[0]] * ((1 << (len(job_ids) - 1).bit_length()) - len(job_ids))]


def processing(job: Job[Request]) -> Job[Request]:
    """Raises JobNoLongerWanted for a job in any other state."""
    if job.state is not State.PROCESSING:
        raise JobNoLongerWanted(job.id)
    return job
