"""Work that has been recorded and is not known to be finished, for the reconciler."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import TextClause, literal, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.tables import UtcTime, split_jobs

#: Word for word the conditions of the indexes, so that both databases use them.
ACTIVE = text("deleted_at IS NULL AND state IN ('queued', 'processing')")
CLEAN_UP_DUE = text("clean_up_due")


@dataclass(frozen=True, slots=True)
class JobRef:
    """Enough of a job to hand it to the engine, and to go on behind it."""

    id: str
    account_id: str
    created_at: datetime


async def jobs_that_are(
    condition: TextClause, connection: AsyncConnection, limit: int, after: JobRef | None
) -> tuple[JobRef, ...]:
    """Oldest first."""
    place = split_jobs.c.created_at, split_jobs.c.id
    query = select(split_jobs.c.id, split_jobs.c.account_id, split_jobs.c.created_at).where(condition)
    if after is not None:
        query = query.where(tuple_(*place) > tuple_(literal(after.created_at, UtcTime), literal(after.id)))
    rows = await connection.execute(query.order_by(*place).limit(limit))
    return tuple(JobRef(row.id, row.account_id, row.created_at) for row in rows)
