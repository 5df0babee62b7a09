"""Archives of all that an account has here, as its owner asks for them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.clock import Clock, utc_now
from server.database.ids import Prefix, is_id, new_id, shown
from server.database.inserting import insert_into
from server.database.open import Database
from server.database.repeats import fingerprint, forget_request, request_key
from server.database.tables import account_exports
from server.jobs.handover.handing_over import hand_over
from storage.interface import UrlSigner
from storage.keys import export_key, file_name_of
from zerokerf.errors import ExportNotFound, IdempotencyConflict

#: What is promised to whoever asks; most take seconds.
MADE_WITHIN = timedelta(minutes=15)
LINK_LIVES = timedelta(hours=24)
_SHORTEST_LINK = timedelta(seconds=1)


class ExportState(StrEnum):
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class ExportEngine(Protocol):
    async def start_export(self, export_id: str, account_id: str) -> None:
        """Make the archive, once. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Export:
    """One archive of an account."""

    id: str
    account_id: str
    #: json or csv.
    format: str
    #: processing, completed or failed.
    state: ExportState
    created_at: datetime
    webhook_url: str | None = None
    ended_at: datetime | None = None
    #: When the archive is removed.
    expires_at: datetime | None = None
    size_bytes: int | None = None
    download_url: str | None = None
    download_expires_at: datetime | None = None

    @property
    def estimated_at(self) -> datetime | None:
        """When it should be there, while it is being made."""
        return self.created_at + MADE_WITHIN if self.state is ExportState.PROCESSING else None


class Exports:
    def __init__(
        self, database: Database, engine: ExportEngine, signer: UrlSigner, clock: Clock = utc_now
    ) -> None:
        self._database = database
        self._engine = engine
        self._signer = signer
        self._clock = clock

    async def export(
        self, account_id: str, form: str, webhook_url: str | None, request_id: str | None
    ) -> Export:
        """Once it returns, the archive will be made. Raises IdempotencyConflict."""
        asked = Export(
            new_id(Prefix.EXPORT), account_id, form, ExportState.PROCESSING, self._clock(), webhook_url
        )
        async with self._database.writing() as connection:
            export = await _create_once(connection, asked, request_id)
        if export.state is ExportState.PROCESSING:
            await hand_over("export", export.id, self._engine.start_export(export.id, account_id))
        return await self._with_link(export)

    async def get_export(self, account_id: str, export_id: str) -> Export:
        """With a fresh link. Raises ExportNotFound, also for archives of others and those that are gone."""
        if not is_id(Prefix.EXPORT, export_id):
            raise ExportNotFound(shown(export_id))
        mine = account_exports.c.id == export_id, account_exports.c.account_id == account_id
        async with self._database.reading() as connection:
            row = (await connection.execute(select(account_exports).where(*mine))).mappings().one_or_none()
        if row is None or _is_gone(row, self._clock()):
            raise ExportNotFound(export_id)
        return await self._with_link(export_of(row))

    async def _with_link(self, export: Export) -> Export:
        if export.state is not ExportState.COMPLETED or export.expires_at is None:
            return export
        life = min(LINK_LIVES, export.expires_at - self._clock())
        if life < _SHORTEST_LINK:
            return export
        key = export_key(export.account_id, export.id)
        link = await self._signer.sign_get(
            key, life, filename=file_name_of(key), content_type="application/zip"
        )
        return replace(export, download_url=link.url, download_expires_at=link.expires_at)


def export_of(row: RowMapping) -> Export:
    return Export(
        id=row["id"],
        account_id=row["account_id"],
        format=row["format"],
        state=ExportState(row["state"]),
        created_at=row["created_at"],
        webhook_url=row["webhook_url"],
        ended_at=row["ended_at"],
        expires_at=row["expires_at"],
        size_bytes=row["size_bytes"],
    )


async def _create_once(connection: AsyncConnection, export: Export, request_id: str | None) -> Export:
    """The export, or the one that this account asked for earlier with the same request id."""
    key = request_key(request_id)
    print_of_it = fingerprint({"format": export.format, "webhook_url": export.webhook_url})
    await forget_request(connection, account_exports, export.account_id, key, export.created_at)
    columns = {
        "id": export.id,
        "account_id": export.account_id,
        "request_key": key,
        "fingerprint": print_of_it,
        "format": export.format,
        "webhook_url": export.webhook_url,
        "state": export.state,
        "created_at": export.created_at,
    }
    once = insert_into(account_exports, connection).on_conflict_do_nothing(
        index_elements=["account_id", "request_key"]
    )
    if (await connection.execute(once.values(columns))).rowcount:
        return export
    mine = account_exports.c.account_id == export.account_id, account_exports.c.request_key == key
    earlier = (await connection.execute(select(account_exports).where(*mine))).mappings().one()
    if earlier["fingerprint"] != print_of_it:
        raise IdempotencyConflict(request_id or "")
    return export_of(earlier)


def _is_gone(row: RowMapping, now: datetime) -> bool:
    return row["expires_at"] is not None and row["expires_at"] <= now
