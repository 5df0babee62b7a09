"""Changing one job: the row is locked, and every change of state or progress becomes the next event."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.inserting import insert_into
from server.database.tables import job_events, split_jobs, split_segments
from server.jobs.model import JobEvent, SplitJob, StoredSegment
from server.jobs.split_rows import changeable_columns, event_columns, event_of, job_of, segment_of
from server.jobs.states import State, may_move


async def locked_job(
    connection: AsyncConnection, job_id: str, account_id: str | None = None
) -> SplitJob | None:
    """The job, and nobody else changes it before this transaction ends. None when it is gone."""
    query = select(split_jobs).where(split_jobs.c.id == job_id, split_jobs.c.deleted_at.is_(None))
    if account_id is not None:
        query = query.where(split_jobs.c.account_id == account_id)
    row = (await connection.execute(query.with_for_update())).mappings().one_or_none()
    return job_of(row) if row else None


class JobChange:
    """A locked job within a transaction. `changed` tells whether watchers have something to see."""

    def __init__(self, connection: AsyncConnection, job: SplitJob, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self.job = job
        self.changed = False

    async def save(self, job: SplitJob, *, with_event: bool = False) -> SplitJob:
        """Write what differs; a new state or progress is an event, the times of states are set here."""
        moved = job.state is not self.job.state
        if moved and not may_move(self.job.state, job.state):
            raise ValueError(f"a job cannot move from {self.job.state} to {job.state}")
        if moved:
            job = _timed(job, self._now)
        if with_event or moved or job.progress != self.job.progress:
            job = await self._append_event(job)
        if job != self.job:
            await self._update(job)
        self.job = job
        return job

    async def put_segment(self, segment: StoredSegment) -> None:
        """Storing the same segment again replaces what is known of it."""
        columns = {name: getattr(segment, name) for name in StoredSegment.__slots__}
        statement = insert_into(split_segments, self._connection).values(job_id=self.job.id, **columns)
        key = [split_segments.c.job_id, split_segments.c.index]
        await self._connection.execute(statement.on_conflict_do_update(index_elements=key, set_=columns))

    async def segments(self) -> tuple[StoredSegment, ...]:
        return await segments_of(self._connection, self.job.id)

    async def drop_segments(self) -> None:
        await forget_segments(self._connection, self.job.id)

    async def erase(self) -> None:
        """Leave a tombstone: what the client gave is gone, and its objects are due to be removed."""
        await self._connection.execute(delete(job_events).where(job_events.c.job_id == self.job.id))
        await forget_segments(self._connection, self.job.id)
        scrubbed = replace(self.job, source=None, failure=None, notes=(), manifest_head=None)
        columns = changeable_columns(scrubbed) | {
            "request": {},
            "fingerprint": None,
            "deleted_at": self._now,
            "clean_up_due": True,
        }
        await self._connection.execute(
            update(split_jobs).where(split_jobs.c.id == self.job.id).values(columns)
        )
        self.changed = True

    async def _append_event(self, job: SplitJob) -> SplitJob:
        job = replace(job, last_sequence=job.last_sequence + 1)
        await append_event(self._connection, job, self._now)
        self.changed = True
        return job

    async def _update(self, job: SplitJob) -> None:
        due = job.state in {State.FAILED, State.CANCELLED}
        columns = changeable_columns(job) | ({"clean_up_due": True} if due else {})
        await self._connection.execute(update(split_jobs).where(split_jobs.c.id == job.id).values(columns))


async def append_event(connection: AsyncConnection, job: SplitJob, now: datetime) -> None:
    event = JobEvent(job.id, job.last_sequence, now, job.state, job.progress, job.failure)
    await connection.execute(insert(job_events).values(event_columns(event)))


async def events_of(
    connection: AsyncConnection, job_id: str, after_sequence: int, limit: int
) -> tuple[JobEvent, ...]:
    mine = job_events.c.job_id == job_id, job_events.c.sequence > after_sequence
    query = select(job_events).where(*mine).order_by(job_events.c.sequence).limit(limit)
    return tuple(event_of(row) for row in (await connection.execute(query)).mappings())


async def forget_segments(connection: AsyncConnection, job_id: str) -> None:
    await connection.execute(delete(split_segments).where(split_segments.c.job_id == job_id))


async def segments_of(connection: AsyncConnection, job_id: str) -> tuple[StoredSegment, ...]:
    query = select(split_segments).where(split_segments.c.job_id == job_id).order_by(split_segments.c.index)
    return tuple(segment_of(row) for row in (await connection.execute(query)).mappings())


def _timed(job: SplitJob, now: datetime) -> SplitJob:
    if job.state is State.PROCESSING:
        return replace(job, started_at=now)
    return replace(job, ended_at=now) if job.state.is_final else job
