"""What a closed account leaves behind: its work is stopped, its files go at once, its records in the end."""

import structlog
from sqlalchemy import RowMapping, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.clock import Clock, utc_now
from server.database.open import Database
from server.database.tables import (
    account_exports,
    accounts,
    api_keys,
    jobs,
    uploads,
    webhook_deliveries,
    webhook_endpoints,
)
from server.retention.records import remove_rows
from storage.interface import ObjectStore
from storage.keys import account_prefix

_PAGE = 100
_JOBS_AT_ONCE = 20

log = structlog.get_logger()


class ClosedAccounts:
    """Each call is safe to repeat."""

    def __init__(self, database: Database, store: ObjectStore, clock: Clock = utc_now) -> None:
        self._database = database
        self._store = store
        self._clock = clock

    async def active_jobs(self, account_id: str) -> tuple[RowMapping, ...]:
        """The id and kind of some jobs that have not ended."""
        mine = jobs.c.account_id == account_id, jobs.c.deleted_at.is_(None)
        active = jobs.c.state.in_(("queued", "processing"))
        query = select(jobs.c.id, jobs.c.kind).where(*mine, active).limit(_PAGE)
        async with self._database.reading() as connection:
            return tuple((await connection.execute(query)).mappings().all())

    async def stop_webhooks(self, account_id: str) -> None:
        """Nobody is told anything any more."""
        mine = webhook_deliveries.c.account_id == account_id, webhook_deliveries.c.state == "pending"
        stopped = {"state": "stopped", "next_attempt_at": None, "ended_at": self._clock()}
        async with self._database.writing() as connection:
            await connection.execute(update(webhook_deliveries).where(*mine).values(stopped))

    async def remove_files(self, account_id: str) -> int:
        """The objects, then the records that say that they are there; the number of objects.

        A job that is being cleaned up may still write: it removes that itself when it has stopped.
        """
        removed = await self._store.delete_prefix(account_prefix(account_id))
        over = and_(jobs.c.clean_up_due.is_(False), jobs.c.ended_at.is_not(None))
        gone = update(jobs).where(jobs.c.account_id == account_id, jobs.c.files_removed_at.is_(None), over)
        async with self._database.writing() as connection:
            await connection.execute(gone.values(files_removed_at=self._clock(), stored_bytes=0))
            await connection.execute(delete(uploads).where(uploads.c.account_id == account_id))
            await connection.execute(
                delete(account_exports).where(account_exports.c.account_id == account_id)
            )
        log.info("files of closed account removed", action="close", account_id=account_id, objects=removed)
        return removed

    async def purge(self) -> int:
        """Remove the records of accounts whose time is over, all but what they used; how many accounts."""
        purged = 0
        while account_id := await self._due():
            await self._purge(account_id)
            purged += 1
        return purged

    async def _due(self) -> str | None:
        query = select(accounts.c.id).where(accounts.c.purge_at <= self._clock()).limit(1)
        async with self._database.reading() as connection:
            account_id: str | None = await connection.scalar(query)
            return account_id

    async def _purge(self, account_id: str) -> None:
        await self.remove_files(account_id)
        await remove_rows(self._database, jobs, jobs.c.account_id == account_id, _JOBS_AT_ONCE)
        async with self._database.writing() as connection:
            await _scrub(connection, account_id)
        log.info("closed account purged", action="close", account_id=account_id)


async def _scrub(connection: AsyncConnection, account_id: str) -> None:
    for table in (webhook_deliveries, webhook_endpoints, api_keys):
        await connection.execute(delete(table).where(table.c.account_id == account_id))
    nothing = {
        "name": "",
        "webhook_secret": None,
        "webhook_secret_previous": None,
        "webhook_secret_previous_until": None,
        # The row stays, so that nobody else gets its id; without this time it is not looked at again.
        "purge_at": None,
    }
    await connection.execute(update(accounts).where(accounts.c.id == account_id).values(nothing))
