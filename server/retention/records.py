"""Records of what ended long ago are removed; what was used stays on record."""

from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, delete, or_, select

from server.database.open import Database
from server.database.tables import jobs, webhook_deliveries

#: Of jobs: each may have thousands of segments and events, which go with it in one transaction.
_JOBS_AT_ONCE = 20
_DELIVERIES_AT_ONCE = 500


async def remove_old_jobs(database: Database, ended_before: datetime) -> int:
    """Jobs that ended before then; those whose files are kept longer stay until these are gone."""
    return await remove_rows(database, jobs, _is_over(ended_before), _JOBS_AT_ONCE)


async def remove_old_deliveries(database: Database, made_before: datetime) -> int:
    """Webhooks that are made, given up or stopped."""
    old = webhook_deliveries.c.created_at < made_before, webhook_deliveries.c.state != "pending"
    return await remove_rows(database, webhook_deliveries, and_(*old), _DELIVERIES_AT_ONCE)


async def remove_rows(database: Database, table: Table, which: ColumnElement[bool], at_once: int) -> int:
    """In transactions of so many rows, so that nobody else waits long; the number removed."""
    removed, page = 0, at_once
    while page == at_once:
        ids = select(table.c.id).where(which).limit(at_once)
        async with database.writing() as connection:
            page = (await connection.execute(delete(table).where(table.c.id.in_(ids)))).rowcount
        removed += page
    return removed


def _is_over(before: datetime) -> ColumnElement[bool]:
    has_no_files = or_(jobs.c.files_removed_at.is_not(None), jobs.c.state.in_(("failed", "cancelled")))
    ended = and_(jobs.c.deleted_at.is_(None), jobs.c.ended_at < before, has_no_files)
    return and_(jobs.c.clean_up_due.is_(False), or_(ended, jobs.c.deleted_at < before))
