"""Recording a new job, once for each request id."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import RowMapping, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.inserting import insert_into
from server.database.repeats import REMEMBERED_FOR, forget_request, request_key
from server.database.repeats import fingerprint as fingerprint_of
from server.database.tables import jobs
from server.jobs.handover.admission import admitted_at
from server.jobs.kinds import Kind
from server.jobs.model import Job
from server.jobs.records.changes import append_event
from server.jobs.records.rows import changeable_columns, job_of
from zerokerf.errors import IdempotencyConflict, InvalidParams, JobExists, JobNotFound

Request = TypeVar("Request")

#: Made once: putting it together takes longer than finding nothing.
_EARLIER = select(jobs).where(
    jobs.c.account_id == bindparam("account_id"), jobs.c.request_key == bindparam("request_key")
)


async def create_once(
    connection: AsyncConnection,
    job: Job[Request],
    kind: Kind[Request],
    request_id: str | None,
    model_code: str | None = None,
    asked: Mapping[str, Any] | None = None,
    most_at_once: int | None = None,
) -> Job[Request]:
    """The job with its first event, or the one that this account made earlier with the same request id.

    While `most_at_once` jobs of its account are under way it has to wait. Repeats are told from others by
    what was `asked`, the request as it is unless that is given.
    Raises IdempotencyConflict if the earlier request was another, JobNotFound if that job has been erased,
    and JobExists if the account calls another job by the same public id.
    """
    job = replace(job, last_sequence=1, updated_at=job.created_at)
    fingerprint = _fingerprint(_request_columns(job) if asked is None else dict(asked))
    key = request_key(request_id)
    job = replace(
        job, admitted_at=await admitted_at(connection, job.account_id, most_at_once, job.created_at)
    )
    columns = _columns(job, kind, key, fingerprint, model_code)
    is_new = await _insert(connection, columns)
    if not is_new and await forget_request(connection, jobs, job.account_id, key, job.created_at):
        is_new = await _insert(connection, columns)
    if is_new:
        await append_event(connection, job, job.created_at)
        return job
    earlier = await _find(connection, job.account_id, key)
    if earlier is None:
        raise JobExists(await _name_taken(connection, job))
    return _same(earlier, kind, fingerprint, request_id)


async def repeated(
    connection: AsyncConnection,
    account_id: str,
    kind: Kind[Request],
    request_id: str | None,
    asked: Mapping[str, Any],
    now: datetime,
) -> Job[Request] | None:
    """What `create_once` would return of an earlier request, or raise because of it; None for a new one."""
    earlier = await _find(connection, account_id, request_key(request_id))
    if earlier is None or earlier["created_at"] < now - REMEMBERED_FOR:
        return None
    return _same(earlier, kind, _fingerprint(dict(asked)), request_id)


def _same(earlier: RowMapping, kind: Kind[Request], fingerprint: str, request_id: str | None) -> Job[Request]:
    if earlier["kind"] == kind.name and earlier["fingerprint"] is None:
        raise JobNotFound(earlier["id"])
    if earlier["fingerprint"] != fingerprint:
        raise IdempotencyConflict(request_id or "")
    return job_of(earlier, kind)


async def _insert(connection: AsyncConnection, columns: dict[str, Any]) -> bool:
    statement = insert_into(jobs, connection).on_conflict_do_nothing()
    return bool((await connection.execute(statement, columns)).rowcount)


def _columns(
    job: Job[Any], kind: Kind[Any], key: str | None, fingerprint: str, model_code: str | None
) -> dict[str, Any]:
    columns = {
        "id": job.id,
        "kind": kind.name,
        "account_id": job.account_id,
        "public_id": job.public_id,
        "request_key": key,
        "fingerprint": fingerprint,
        "request": _request_columns(job),
        "model_code": model_code,
        "created_at": job.created_at,
        "clean_up_due": False,
        "is_bulk": job.request.is_bulk,
        "terms": asdict(job.terms),
        "admitted_at": job.admitted_at,
    }
    return columns | changeable_columns(job)


async def _find(connection: AsyncConnection, account_id: str, key: str | None) -> RowMapping | None:
    if key is None:
        return None
    mine = {"account_id": account_id, "request_key": key}
    return (await connection.execute(_EARLIER, mine)).mappings().one_or_none()


async def _name_taken(connection: AsyncConnection, job: Job[Any]) -> str:
    """Of the job that is in the way: another one of the same id may be called otherwise."""
    name: str | None = await connection.scalar(select(jobs.c.public_id).where(jobs.c.id == job.id))
    return name or job.public_id or job.id


def _request_columns(job: Job[Any]) -> dict[str, Any]:
    return asdict(job.request)


def _fingerprint(asked: dict[str, Any]) -> str:
    try:
        return fingerprint_of(asked)
    except ValueError:
        raise InvalidParams({"metadata": "Numbers in the metadata must be finite."}) from None
