"""Archives of accounts are there for some days."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, select

from server.database.open import Database
from server.database.tables import account_exports
from storage.interface import ObjectStore
from storage.keys import export_prefix

_PAGE = 100


async def remove_expired_archives(database: Database, store: ObjectStore, now: datetime) -> int:
    """Objects first, then the records that name them; the number removed."""
    removed = 0
    while page := await _expired(database, now):
        for archive in page:
            await store.delete_prefix(export_prefix(archive["account_id"], archive["id"]))
        ids = [archive["id"] for archive in page]
        async with database.writing() as connection:
            await connection.execute(delete(account_exports).where(account_exports.c.id.in_(ids)))
        removed += len(page)
    return removed


async def _expired(database: Database, now: datetime) -> Sequence[RowMapping]:
    query = select(account_exports.c.id, account_exports.c.account_id).where(
        account_exports.c.expires_at <= now
    )
    async with database.reading() as connection:
        return (await connection.execute(query.limit(_PAGE))).mappings().all()
