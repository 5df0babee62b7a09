"""Uploads do not stay for ever: what nobody needs any more is removed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, delete, exists, or_, select

from server.database.open import Database
from server.database.tables import jobs, uploads
from storage.interface import ObjectStore
from storage.keys import upload_prefix

_PAGE = 100
_ACTIVE = ("queued", "processing")


async def remove_expired(database: Database, store: ObjectStore, made_before: datetime) -> int:
    """Remove uploads made before then that no active job names, and those whose jobs' files are gone.

    Returns the number removed. Bytes go first: what is interrupted in between is found and finished by the
    next call.
    """
    removed = 0
    while expired := await _expired(database, made_before):
        for upload in expired:
            await store.delete_prefix(upload_prefix(upload["account_id"], upload["id"]))
        async with database.writing() as connection:
            await connection.execute(
                delete(uploads).where(uploads.c.id.in_([upload["id"] for upload in expired]))
            )
        removed += len(expired)
    return removed


async def _expired(database: Database, made_before: datetime) -> Sequence[RowMapping]:
    query = select(uploads.c.id, uploads.c.account_id).where(
        or_(uploads.c.created_at < made_before, _outlives_its_job()), ~_is_needed()
    )
    async with database.reading() as connection:
        return (await connection.execute(query.order_by(uploads.c.created_at).limit(_PAGE))).mappings().all()


def _outlives_its_job() -> ColumnElement[bool]:
    """The time is over that files of a job made of it are kept: it is the job's source once more."""
    return exists().where(*_OF_JOB, jobs.c.files_removed_at.is_not(None))


def _is_needed() -> ColumnElement[bool]:
    """A job that has not ended may still have to read it."""
    return exists().where(*_OF_JOB, jobs.c.deleted_at.is_(None), jobs.c.state.in_(_ACTIVE))


_OF_JOB = (
    jobs.c.account_id == uploads.c.account_id,
    jobs.c.request["upload_id"].as_string() == uploads.c.id,
)
