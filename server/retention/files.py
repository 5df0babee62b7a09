"""The files of jobs go when their account's plan says so; their records stay."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import RowMapping, literal, select, tuple_, update

from server.database.clock import Clock
from server.database.open import Database
from server.database.schema import UtcTime
from server.database.tables import jobs
from storage.interface import ObjectStore
from storage.keys import job_prefix
from zerokerf.errors import Unavailable, ZerokerfError

_PAGE = 100

log = structlog.get_logger()


async def remove_expired_files(database: Database, store: ObjectStore, clock: Clock) -> int:
    """Remove what jobs keep in the store beyond their time; the number of jobs.

    Objects go first: what is interrupted in between is found and finished by the next call.
    """
    removed, after = 0, None
    while page := await _expired(database, clock(), after):
        for job in page:
            removed += await _remove(database, store, job, clock)
        after = page[-1]
    return removed


async def _remove(database: Database, store: ObjectStore, job: RowMapping, clock: Clock) -> bool:
    try:
        await store.delete_prefix(job_prefix(job["account_id"], job["id"]))
    except Unavailable:
        raise
    except ZerokerfError as error:  # one that is refused must not keep the others
        log.warning("files not removed", action="retention", job_id=job["id"], why=str(error))
        return False
    this = jobs.c.id == job["id"], jobs.c.files_removed_at.is_(None)
    async with database.writing() as connection:
        await connection.execute(update(jobs).where(*this).values(files_removed_at=clock(), stored_bytes=0))
    log.info("files expired", action="retention", job_id=job["id"], account_id=job["account_id"])
    return True


async def _expired(database: Database, now: datetime, after: RowMapping | None) -> Sequence[RowMapping]:
    place = jobs.c.files_expire_at, jobs.c.id
    over = jobs.c.files_expire_at <= now, jobs.c.files_removed_at.is_(None)
    query = select(*place, jobs.c.account_id).where(*over)
    if after is not None:
        behind = tuple_(literal(after["files_expire_at"], UtcTime), literal(after["id"]))
        query = query.where(tuple_(*place) > behind)
    async with database.reading() as connection:
        return (await connection.execute(query.order_by(*place).limit(_PAGE))).mappings().all()
