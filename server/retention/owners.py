"""Which jobs, uploads and archives may still have objects, as the records say."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.open import Database
from server.database.tables import account_exports, accounts, jobs, uploads
from storage.keys import Owner, OwnerKind

_ENDED_WITHOUT_FILES = ("failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Known:
    """What the records say of some owners."""

    kept: frozenset[Owner]
    accounts_made_at: Mapping[str, datetime]

    def keeps(self, owner: Owner) -> bool:
        return owner in self.kept

    def is_ours(self, owner: Owner, modified: datetime | None) -> bool:
        """Whether these records could have known the object.

        A store may hold what other records own: those of another service, or the ones that were lost before
        these were begun anew. An object that is older than its account here is such a one.
        """
        made_at = self.accounts_made_at.get(owner.account_id)
        return made_at is not None and modified is not None and modified >= made_at


class Owners:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def look_up(self, owners: Collection[Owner]) -> Known:
        async with self._database.reading() as connection:
            made_at = await _accounts_made_at(connection, {owner.account_id for owner in owners})
            kept = [await _kept(connection, kind, owners) for kind in OwnerKind]
        return Known(frozenset().union(*kept), made_at)


async def _kept(connection: AsyncConnection, kind: OwnerKind, owners: Collection[Owner]) -> set[Owner]:
    table, may_have_objects = _TABLES[kind]
    ids = {owner.id for owner in owners if owner.kind is kind}
    if not ids:
        return set()
    query = select(table.c.id, table.c.account_id).where(table.c.id.in_(ids), may_have_objects)
    return {Owner(row.account_id, kind, row.id) for row in await connection.execute(query)}


async def _accounts_made_at(connection: AsyncConnection, ids: Collection[str]) -> dict[str, datetime]:
    query = select(accounts.c.id, accounts.c.created_at).where(accounts.c.id.in_(ids))
    return {row.id: row.created_at for row in await connection.execute(query)}


def _job_may_have_objects() -> ColumnElement[bool]:
    """What is due to be cleaned up is not ours to remove: its work may not have stopped yet."""
    is_over = or_(jobs.c.deleted_at.is_not(None), jobs.c.state.in_(_ENDED_WITHOUT_FILES))
    return and_(jobs.c.files_removed_at.is_(None), or_(jobs.c.clean_up_due, ~is_over))


_TABLES: Mapping[OwnerKind, tuple[Table, ColumnElement[bool]]] = {
    OwnerKind.JOB: (jobs, _job_may_have_objects()),
    OwnerKind.UPLOAD: (uploads, uploads.c.id.is_not(None)),
    OwnerKind.EXPORT: (account_exports, account_exports.c.state != "failed"),
}
