"""What those who make archives record of them: each call is one transaction and safe to repeat."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import literal, select, tuple_, update

from server.accounts.exports import Export, ExportState, export_of
from server.database.clock import Clock, utc_now
from server.database.open import Database
from server.database.schema import UtcTime
from server.database.tables import account_exports
from server.jobs.records.announcing import announce

KEPT_FOR = timedelta(days=7)
_EVENT = "account.exported"


@dataclass(frozen=True, slots=True)
class ExportRef:
    """Enough of an archive to hand it to the engine, and to go on behind it."""

    id: str
    account_id: str
    created_at: datetime


class ExportRecords:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def wanted(self, export_id: str) -> Export | None:
        """None when it has ended, or nobody wants it any more."""
        query = select(account_exports).where(account_exports.c.id == export_id, _PROCESSING)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return export_of(row) if row else None

    async def complete(self, export: Export, size_bytes: int) -> bool:
        """The archive is stored; whoever is to be told will be. False when nobody wants it any more."""
        now = self._clock()
        made = {
            "state": ExportState.COMPLETED,
            "size_bytes": size_bytes,
            "ended_at": now,
            "expires_at": now + KEPT_FOR,
        }
        still = update(account_exports).where(account_exports.c.id == export.id, _PROCESSING)
        async with self._database.writing() as connection:
            if not (await connection.execute(still.values(made))).rowcount:
                return False
            if export.webhook_url is not None:
                told = {"exportId": export.id, "format": export.format, "size": size_bytes}
                await announce(connection, export.account_id, export.webhook_url, _EVENT, told, now)
            return True

    async def fail(self, export_id: str) -> None:
        """It could not be made, and is not there."""
        now = self._clock()
        still = update(account_exports).where(account_exports.c.id == export_id, _PROCESSING)
        async with self._database.writing() as connection:
            ended = {"state": ExportState.FAILED, "ended_at": now, "expires_at": now + KEPT_FOR}
            await connection.execute(still.values(ended))

    async def unfinished(self, limit: int, after: ExportRef | None = None) -> tuple[ExportRef, ...]:
        """Oldest first, whether or not the engine has them."""
        place = account_exports.c.created_at, account_exports.c.id
        query = select(*place, account_exports.c.account_id).where(_PROCESSING)
        if after is not None:
            behind = tuple_(literal(after.created_at, UtcTime), literal(after.id))
            query = query.where(tuple_(*place) > behind)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(*place).limit(limit))
            return tuple(ExportRef(row.id, row.account_id, row.created_at) for row in rows)


_PROCESSING = account_exports.c.state == ExportState.PROCESSING
