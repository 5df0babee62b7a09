"""When a job may begin: its account's jobs wait in the records while too many of them are under way.

A backlog so never stands between other accounts and the engine.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.clock import Clock, utc_now
from server.database.open import Database
from server.database.tables import accounts, jobs
from server.jobs.handover.engine import JobEngine
from server.jobs.handover.handing_over import hand_over
from server.jobs.kinds import KindName

#: Of one account whose plan has no limit: more at once would help nobody, and be in everybody's way.
MOST_AT_ONCE = 200
_MOST_ACCOUNTS = 500

#: Word for word the conditions of the indexes, so that both databases use them.
ADMITTED = text("deleted_at IS NULL AND state IN ('queued', 'processing') AND admitted_at IS NOT NULL")
WAITING = text("deleted_at IS NULL AND state = 'queued' AND admitted_at IS NULL")

#: How many jobs of an account may be under way, by the id of its plan.
MostOf = Callable[[str | None], int | None]


class Admission:
    """Lets jobs begin as others of their account end: interactive ones first, the oldest of them first."""

    def __init__(
        self, database: Database, engine: JobEngine, most_of: MostOf, clock: Clock = utc_now
    ) -> None:
        self._database = database
        self._engine = engine
        self._most_of = most_of
        self._clock = clock

    async def admit(self, account_id: str) -> int:
        """Begin what may begin now; how many that were. What cannot be handed over now, will be later."""
        async with self._database.writing() as connection:
            plan_id = await _lock(connection, account_id)
            free = await _free(connection, account_id, self._most_of(plan_id))
            admitted = await _admit_oldest(connection, account_id, free, self._clock())
        for job in admitted:
            start = self._engine.start(KindName(job.kind), job.id, account_id, is_bulk=job.is_bulk)
            await hand_over("start", job.id, start)
        return len(admitted)

    async def admit_all(self) -> int:
        """Of every account that waits: repairs what a crash kept from being admitted."""
        query = select(jobs.c.account_id).where(WAITING).distinct().limit(_MOST_ACCOUNTS)
        async with self._database.reading() as connection:
            waiting = (await connection.execute(query)).scalars().all()
        return sum([await self.admit(account_id) for account_id in waiting])


async def admitted_at(
    connection: AsyncConnection, account_id: str, most: int | None, now: datetime
) -> datetime | None:
    """When a job that is recorded now may begin: at once, or None while it has to wait."""
    await _lock(connection, account_id)
    return now if await _free(connection, account_id, most) else None


async def _lock(connection: AsyncConnection, account_id: str) -> str | None:
    """One admission of an account at a time. The id of its plan."""
    query = select(accounts.c.plan).where(accounts.c.id == account_id).with_for_update()
    plan_id: str | None = await connection.scalar(query)
    return plan_id


async def _free(connection: AsyncConnection, account_id: str, most: int | None) -> int:
    running = select(func.count()).select_from(jobs).where(jobs.c.account_id == account_id, ADMITTED)
    return max(0, (most or MOST_AT_ONCE) - (await connection.scalar(running) or 0))


async def _admit_oldest(connection: AsyncConnection, account_id: str, count: int, now: datetime) -> list[Any]:
    waiting = select(jobs.c.id, jobs.c.kind, jobs.c.is_bulk).where(jobs.c.account_id == account_id, WAITING)
    in_order = waiting.order_by(jobs.c.is_bulk, jobs.c.created_at, jobs.c.id)
    rows = (await connection.execute(in_order.limit(count))).all()
    if rows:
        chosen = jobs.c.id.in_([row.id for row in rows])
        await connection.execute(update(jobs).where(chosen).values(admitted_at=now))
    return list(rows)
