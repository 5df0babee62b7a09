"""How many jobs have not ended, and how long the oldest of them waits: for operators."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import TextClause, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.open import Database
from server.database.tables import jobs
from server.jobs.handover.admission import ADMITTED, WAITING
from server.jobs.states import State

#: Counting more would load the database with every look; a number this large says enough.
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class OpenCounts:
    """Besides the states of jobs there is `waiting`: queued, until other jobs of its account have ended."""

    by_kind_and_state: dict[tuple[str, str], int]
    #: Of those that may begin: since when the oldest waits.
    waiting_since: datetime | None


async def count_open(database: Database, most: int = MOST_COUNTED) -> OpenCounts:
    """Raises Unavailable."""
    async with database.reading() as connection:
        counts = await _counts(connection, ADMITTED, most)
        for (kind, _), count in (await _counts(connection, WAITING, most)).items():
            counts[kind, "waiting"] = count
        return OpenCounts(counts, await _waiting_since(connection))


async def _counts(
    connection: AsyncConnection, condition: TextClause, most: int
) -> dict[tuple[str, str], int]:
    some = select(jobs.c.kind, jobs.c.state).where(condition).limit(most).subquery()
    counted = select(some.c.kind, some.c.state, func.count()).group_by(some.c.kind, some.c.state)
    return {(kind, state): count for kind, state, count in await connection.execute(counted)}


async def _waiting_since(connection: AsyncConnection) -> datetime | None:
    waiting = select(jobs.c.admitted_at).where(ADMITTED, jobs.c.state == State.QUEUED)
    return await connection.scalar(waiting.order_by(jobs.c.created_at).limit(1))
