"""Recording a new job, once for each request id."""

from dataclasses import asdict, replace

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.inserting import insert_into
from server.database.repeats import fingerprint, request_key
from server.database.tables import split_jobs
from server.jobs.model import SplitJob, SplitRequest
from server.jobs.split_changes import append_event
from server.jobs.split_rows import changeable_columns, job_of
from zerokerf.errors import IdempotencyConflict, InvalidParams, JobNotFound


async def create_once(connection: AsyncConnection, job: SplitJob, request_id: str | None) -> SplitJob:
    """The job with its first event, or the one that this account made earlier with the same request id."""
    job = replace(job, last_sequence=1)
    asked = _fingerprint(job.request)
    key = request_key(request_id)
    if await _insert(connection, job, key, asked):
        await append_event(connection, job, job.created_at)
        return job
    earlier = await _find(connection, job.account_id, key)
    if earlier["deleted_at"] is not None:
        raise JobNotFound(earlier["id"])
    if earlier["fingerprint"] != asked:
        raise IdempotencyConflict(request_id or "")
    return job_of(earlier)


async def _insert(connection: AsyncConnection, job: SplitJob, key: str | None, asked: str) -> bool:
    columns = {
        "id": job.id,
        "account_id": job.account_id,
        "request_key": key,
        "fingerprint": asked,
        "request": asdict(job.request),
        "created_at": job.created_at,
        "clean_up_due": False,
    }
    statement = insert_into(split_jobs, connection).values(columns | changeable_columns(job))
    once = statement.on_conflict_do_nothing(index_elements=["account_id", "request_key"])
    return bool((await connection.execute(once)).rowcount)


async def _find(connection: AsyncConnection, account_id: str, key: str | None) -> RowMapping:
    mine = split_jobs.c.account_id == account_id, split_jobs.c.request_key == key
    return (await connection.execute(select(split_jobs).where(*mine))).mappings().one()


def _fingerprint(request: SplitRequest) -> str:
    try:
        return fingerprint(asdict(request))
    except ValueError:
        raise InvalidParams({"metadata": "Numbers in the metadata must be finite."}) from None
