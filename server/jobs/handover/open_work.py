"""Work that has been recorded and is not known to be finished, for the reconciler."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import TextClause, literal, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.open import Database
from server.database.schema import UtcTime
from server.database.tables import jobs
from server.jobs.handover.admission import ADMITTED
from server.jobs.kinds import KindName

#: Word for word the condition of the index, so that both databases use it.
CLEAN_UP_DUE = text("clean_up_due")


@dataclass(frozen=True, slots=True)
class JobRef:
    """Enough of a job to hand it to the engine, and to go on behind it."""

    id: str
    account_id: str
    created_at: datetime
    kind: KindName = KindName.SPLIT
    is_bulk: bool = False


class OpenWork:
    """Of every kind of job."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unstarted(self, limit: int, after: JobRef | None = None) -> tuple[JobRef, ...]:
        """Jobs that may begin or have begun, oldest first, whether or not the engine has them."""
        async with self._database.reading() as connection:
            return await _jobs_that_are(ADMITTED, connection, limit, after)

    async def uncleaned(self, limit: int, after: JobRef | None = None) -> tuple[JobRef, ...]:
        """Jobs that failed, were cancelled or deleted and whose objects may still be stored, oldest first."""
        async with self._database.reading() as connection:
            return await _jobs_that_are(CLEAN_UP_DUE, connection, limit, after)


async def _jobs_that_are(
    condition: TextClause, connection: AsyncConnection, limit: int, after: JobRef | None
) -> tuple[JobRef, ...]:
    """Oldest first."""
    place = jobs.c.created_at, jobs.c.id
    query = select(jobs.c.id, jobs.c.account_id, jobs.c.created_at, jobs.c.kind, jobs.c.is_bulk)
    query = query.where(condition)
    if after is not None:
        query = query.where(tuple_(*place) > tuple_(literal(after.created_at, UtcTime), literal(after.id)))
    rows = await connection.execute(query.order_by(*place).limit(limit))
    return tuple(
        JobRef(row.id, row.account_id, row.created_at, KindName(row.kind), row.is_bulk) for row in rows
    )
