"""Recording a new job, once for each request id."""

from dataclasses import asdict, replace
from typing import Any, TypeVar

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.inserting import insert_into
from server.database.repeats import fingerprint, request_key
from server.database.tables import jobs
from server.jobs.changes import append_event
from server.jobs.kinds import Kind
from server.jobs.model import Job
from server.jobs.rows import changeable_columns, job_of
from zerokerf.errors import IdempotencyConflict, InvalidParams, JobExists, JobNotFound

Request = TypeVar("Request")


async def create_once(
    connection: AsyncConnection,
    job: Job[Request],
    kind: Kind[Request],
    request_id: str | None,
    model_code: str | None = None,
) -> Job[Request]:
    """The job with its first event, or the one that this account made earlier with the same request id.

    Raises IdempotencyConflict if that one's request was another, JobNotFound if it has been deleted, and
    JobExists if the account calls another job by the same public id.
    """
    job = replace(job, last_sequence=1, updated_at=job.created_at)
    asked = _fingerprint(job)
    key = request_key(request_id)
    if await _insert(connection, job, kind, key, asked, model_code):
        await append_event(connection, job, job.created_at)
        return job
    earlier = await _find(connection, job.account_id, key)
    if earlier is None:
        raise JobExists(job.public_id or job.id)
    if earlier["deleted_at"] is not None:
        raise JobNotFound(earlier["id"])
    if earlier["fingerprint"] != asked:
        raise IdempotencyConflict(request_id or "")
    return job_of(earlier, kind)


async def _insert(
    connection: AsyncConnection,
    job: Job[Request],
    kind: Kind[Request],
    key: str | None,
    asked: str,
    model_code: str | None,
) -> bool:
    columns = {
        "id": job.id,
        "kind": kind.name,
        "account_id": job.account_id,
        "public_id": job.public_id,
        "request_key": key,
        "fingerprint": asked,
        "request": _request_columns(job),
        "model_code": model_code,
        "created_at": job.created_at,
        "clean_up_due": False,
    }
    statement = insert_into(jobs, connection).values(columns | changeable_columns(job))
    return bool((await connection.execute(statement.on_conflict_do_nothing())).rowcount)


async def _find(connection: AsyncConnection, account_id: str, key: str | None) -> RowMapping | None:
    if key is None:
        return None
    mine = jobs.c.account_id == account_id, jobs.c.request_key == key
    return (await connection.execute(select(jobs).where(*mine))).mappings().one_or_none()


def _request_columns(job: Job[Any]) -> dict[str, Any]:
    return asdict(job.request)


def _fingerprint(job: Job[Any]) -> str:
    """Of what was asked for, its name included; a name that we made says nothing."""
    try:
        return fingerprint(_request_columns(job))
    except ValueError:
        raise InvalidParams({"metadata": "Numbers in the metadata must be finite."}) from None
