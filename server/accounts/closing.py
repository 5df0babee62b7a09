"""The end of an account: at once for its keys, soon for its files, after a while for its records."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import ColumnElement, exists, literal, or_, select, tuple_, update

from server.database.clock import Clock, utc_now
from server.database.open import Database
from server.database.schema import UtcTime
from server.database.tables import account_exports, accounts, api_keys, jobs, uploads
from server.jobs.handover.handing_over import hand_over
from zerokerf.errors import Unauthenticated

#: From the end of an account to that of its records.
PURGED_AFTER = timedelta(days=30)


class ClosingEngine(Protocol):
    async def start_closing(self, account_id: str) -> None:
        """End what the account's jobs do and remove its files. Safe to repeat. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class ClosedRef:
    """Enough of a closed account to hand it to the engine, and to go on behind it."""

    id: str
    #: When it was closed, which is when this work was made.
    created_at: datetime


class Closing:
    def __init__(self, database: Database, engine: ClosingEngine, clock: Clock = utc_now) -> None:
        self._database = database
        self._engine = engine
        self._clock = clock

    async def close(self, account_id: str) -> datetime:
        """Nothing the account does is possible any more. Returns when its last records go.

        Safe to repeat: the first time stands. Raises Unauthenticated for an account that is not on record.
        """
        purge_at = await self._close(account_id)
        await hand_over("close_account", account_id, self._engine.start_closing(account_id))
        return purge_at

    async def unfinished(self, limit: int, after: ClosedRef | None = None) -> tuple[ClosedRef, ...]:
        """Closed accounts that have work or files still, in the order in which they were closed."""
        place = accounts.c.closed_at, accounts.c.id
        query = select(*place).where(accounts.c.closed_at.is_not(None), _has_something_left())
        if after is not None:
            behind = tuple_(literal(after.created_at, UtcTime), literal(after.id))
            query = query.where(tuple_(*place) > behind)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(*place).limit(limit))
            return tuple(ClosedRef(row.id, row.closed_at) for row in rows)

    async def hand_over(self, ref: ClosedRef) -> None:
        """Raises Unavailable."""
        await self._engine.start_closing(ref.id)

    async def _close(self, account_id: str) -> datetime:
        now = self._clock()
        mine = accounts.c.id == account_id
        query = select(accounts.c.closed_at, accounts.c.purge_at).where(mine).with_for_update()
        async with self._database.writing() as connection:
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                raise Unauthenticated
            if row.closed_at is not None:
                # Without a time of its own it has been purged already.
                purged_at: datetime = row.purge_at or row.closed_at + PURGED_AFTER
                return purged_at
            purge_at = now + PURGED_AFTER
            await connection.execute(update(accounts).where(mine).values(closed_at=now, purge_at=purge_at))
            living = api_keys.c.account_id == account_id, api_keys.c.revoked_at.is_(None)
            await connection.execute(update(api_keys).where(*living).values(revoked_at=now))
        return purge_at


def _has_something_left() -> ColumnElement[bool]:
    return or_(
        exists().where(jobs.c.account_id == accounts.c.id, jobs.c.files_removed_at.is_(None)),
        exists().where(uploads.c.account_id == accounts.c.id),
        exists().where(account_exports.c.account_id == accounts.c.id),
    )
