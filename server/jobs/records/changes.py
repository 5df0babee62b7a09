"""Changing one job: the row is locked, and every change of state or progress becomes the next event."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Generic

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.tables import job_events, jobs
from server.jobs.kinds import Kind
from server.jobs.model import Job, JobEvent
from server.jobs.records.announcing import Request, announce_end, announce_progress, stop_announcing
from server.jobs.records.counting import count_usage
from server.jobs.records.rows import changeable_columns, event_columns, event_of, job_of
from server.jobs.states import State, may_move

#: Made once: every change of a watched job is read by it.
_EVENTS = (
    select(job_events)
    .where(job_events.c.job_id == bindparam("job_id"), job_events.c.sequence > bindparam("after"))
    .order_by(job_events.c.sequence)
    .limit(bindparam("most"))
)


async def locked_job(
    connection: AsyncConnection, kind: Kind[Request], job_id: str, account_id: str | None = None
) -> Job[Request] | None:
    """The job, and nobody else changes it before this transaction ends. None when it is gone."""
    query = select(jobs).where(jobs.c.id == job_id, jobs.c.kind == kind.name, jobs.c.deleted_at.is_(None))
    if account_id is not None:
        query = query.where(jobs.c.account_id == account_id)
    row = (await connection.execute(query.with_for_update())).mappings().one_or_none()
    return job_of(row, kind) if row else None


class JobChange(Generic[Request]):
    """A locked job within a transaction. `changed` tells whether watchers have something to see."""

    def __init__(
        self, connection: AsyncConnection, kind: Kind[Request], job: Job[Request], now: datetime
    ) -> None:
        self.connection = connection
        self._kind = kind
        self._now = now
        self.job = job
        self.changed = False

    async def save(self, job: Job[Request], *, with_event: bool = False) -> Job[Request]:
        """Write what differs; a new state or progress is an event, the times of states are set here."""
        moved = job.state is not self.job.state
        if moved and not may_move(self.job.state, job.state):
            raise ValueError(f"a job cannot move from {self.job.state} to {job.state}")
        if moved:
            job = _timed(job, self._now)
            if job.state.is_final:
                await self._settle(job)
        if with_event or moved or job.progress != self.job.progress:
            job = await self._append_event(job)
        if job != self.job:
            job = replace(job, updated_at=self._now)
            await self._update(job)
            await announce_progress(self.connection, self._kind, job, self.job.progress, self._now)
        self.job = job
        return job

    async def _settle(self, job: Job[Request]) -> None:
        """What follows from an end, in the transaction that records it."""
        await count_usage(self.connection, self._kind.name, job, self._now)
        await announce_end(self.connection, self._kind, job, self._now)

    async def bury(self) -> Job[Request]:
        """Deleted, with its record kept; its objects are due to be removed."""
        job = replace(self.job, deleted_at=self._now, updated_at=self._now)
        await stop_announcing(self.connection, job.id, self._now)
        await self._write(changeable_columns(job) | {"clean_up_due": True})
        self.job, self.changed = job, True
        return job

    async def erase(self) -> None:
        """Leave a tombstone: what the client gave is gone, and its objects are due to be removed."""
        await self.connection.execute(delete(job_events).where(job_events.c.job_id == self.job.id))
        await stop_announcing(self.connection, self.job.id, self._now)
        scrubbed = replace(
            self.job,
            source=None,
            failure=None,
            notes=(),
            manifest_head=None,
            outcome=None,
            deleted_at=self._now,
            updated_at=self._now,
        )
        await self._write(
            changeable_columns(scrubbed) | {"request": {}, "fingerprint": None, "clean_up_due": True}
        )
        self.changed = True

    async def _append_event(self, job: Job[Request]) -> Job[Request]:
        job = replace(job, last_sequence=job.last_sequence + 1)
        await append_event(self.connection, job, self._now)
        self.changed = True
        return job

    async def _update(self, job: Job[Request]) -> None:
        due = job.state in {State.FAILED, State.CANCELLED}
        await self._write(changeable_columns(job) | ({"clean_up_due": True} if due else {}))

    async def _write(self, columns: dict[str, Any]) -> None:
        written = update(jobs).where(jobs.c.id == self.job.id).values(columns)
        await self.connection.execute(written)


async def append_event(connection: AsyncConnection, job: Job[Any], now: datetime) -> None:
    event = JobEvent(job.id, job.last_sequence, now, job.state, job.progress, job.failure)
    await connection.execute(insert(job_events).values(event_columns(event)))


async def events_of(
    connection: AsyncConnection, job_id: str, after_sequence: int, limit: int
) -> tuple[JobEvent, ...]:
    asked = {"job_id": job_id, "after": after_sequence, "most": limit}
    return tuple(event_of(row) for row in (await connection.execute(_EVENTS, asked)).mappings())


def _timed(job: Job[Request], now: datetime) -> Job[Request]:
    if job.state is State.PROCESSING:
        return replace(job, started_at=now)
    if job.state is State.COMPLETED:
        hours = job.terms.retention_hours
        expires = None if hours is None else now + timedelta(hours=hours)
        return replace(job, ended_at=now, files_expire_at=expires)
    return replace(job, ended_at=now) if job.state.is_final else job
