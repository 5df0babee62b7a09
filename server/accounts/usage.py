"""What an account used in a month: sums over the records that jobs leave when they end."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.model import Plan
from server.accounts.months import Month, period_month
from server.database.clock import Clock, utc_now
from server.database.open import Database
from server.database.tables import jobs, usage_records


@dataclass(frozen=True, slots=True)
class MonthUsage:
    start: datetime
    #: The first instant of the next month.
    end: datetime
    #: Of the recordings of all completed jobs.
    audio_ms: int
    jobs_completed: int
    #: With those that were cancelled, which are shown as failed everywhere else too.
    jobs_failed: int
    #: What the account's jobs keep in the store now, whatever the month.
    stored_bytes: int
    plan: Plan


class Usage:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def of(self, account_id: str, plan: Plan, period: str) -> MonthUsage:
        """Of the period "current", "previous" or a month as "2026-05". Raises InvalidParams for others."""
        month = period_month(period, self._clock())
        async with self._database.reading() as connection:
            audio_ms, completed, ended = await _ended_jobs(connection, account_id, month)
            stored_bytes = await _stored_bytes(connection, account_id)
        failed = ended - completed
        return MonthUsage(month.start, month.end, audio_ms, completed, failed, stored_bytes, plan)


async def audio_ms_in(connection: AsyncConnection, account_id: str, month: Month) -> int:
    total = select(func.sum(usage_records.c.audio_ms)).where(*_in(month, account_id))
    return int((await connection.execute(total)).scalar_one() or 0)


async def _ended_jobs(connection: AsyncConnection, account_id: str, month: Month) -> tuple[int, int, int]:
    """The length of what they heard, how many were completed, and how many there are."""
    is_completed = case((usage_records.c.state == "completed", 1), else_=0)
    sums = select(func.sum(usage_records.c.audio_ms), func.sum(is_completed), func.count())
    row = (await connection.execute(sums.where(*_in(month, account_id)))).one()
    audio_ms, completed, ended = (int(total or 0) for total in row)
    return audio_ms, completed, ended


async def _stored_bytes(connection: AsyncConnection, account_id: str) -> int:
    kept = jobs.c.account_id == account_id, jobs.c.deleted_at.is_(None), jobs.c.files_removed_at.is_(None)
    total = select(func.sum(jobs.c.stored_bytes)).where(*kept)
    return int((await connection.execute(total)).scalar_one() or 0)


def _in(month: Month, account_id: str) -> tuple[ColumnElement[bool], ...]:
    ended_at = usage_records.c.ended_at
    return usage_records.c.account_id == account_id, ended_at >= month.start, ended_at < month.end
