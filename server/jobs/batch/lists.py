"""A client's list of transcription jobs, by number of page."""

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.tables import jobs
from server.jobs.batch.model import BatchPage, BatchQuery, BatchState, SortBy
from server.jobs.batch.rows import BATCH
from server.jobs.model import Phase
from server.jobs.records.rows import job_of
from server.jobs.states import State

_PHASE = jobs.c.progress["phase"].as_string()
_HERE = jobs.c.deleted_at.is_(None)
_AT_WORK = and_(_HERE, jobs.c.state == State.PROCESSING)
_LATER = (Phase.TRANSCRIBING, Phase.WRITING)
#: The rule of `batch_state`, for the database.
_IN_STATE: dict[BatchState, ColumnElement[bool]] = {
    BatchState.QUEUED: and_(_HERE, jobs.c.state == State.QUEUED),
    BatchState.IN_PROGRESS: and_(_AT_WORK, or_(_PHASE.is_(None), _PHASE.not_in(_LATER))),
    BatchState.DECODING: and_(_AT_WORK, _PHASE == Phase.TRANSCRIBING),
    BatchState.POST_PROCESSING: and_(_AT_WORK, _PHASE == Phase.WRITING),
    BatchState.DONE: and_(_HERE, jobs.c.state == State.COMPLETED),
    BatchState.FAILED: and_(_HERE, jobs.c.state.in_((State.FAILED, State.CANCELLED))),
    BatchState.DELETED: jobs.c.deleted_at.is_not(None),
}


async def batch_page_of(connection: AsyncConnection, account_id: str, query: BatchQuery) -> BatchPage:
    """A page behind the last one is empty. Jobs that compare alike come in a fixed order."""
    wanted = _wanted(account_id, query)
    total = await connection.scalar(select(func.count()).select_from(jobs).where(*wanted))
    rows = await connection.execute(_ordered(select(jobs).where(*wanted), query))
    found = tuple(job_of(row, BATCH) for row in rows.mappings())
    return BatchPage(found, total or 0)


def _wanted(account_id: str, query: BatchQuery) -> list[ColumnElement[bool]]:
    wanted = [jobs.c.account_id == account_id, jobs.c.kind == BATCH.name]
    if query.states:
        wanted.append(or_(*(_IN_STATE[state] for state in sorted(query.states))))
    if query.model_code is not None:
        wanted.append(jobs.c.model_code == query.model_code)
    if query.created_after is not None:
        wanted.append(jobs.c.created_at > query.created_after)
    if query.created_before is not None:
        wanted.append(jobs.c.created_at < query.created_before)
    return wanted


def _ordered(rows: Select[tuple[object]], query: BatchQuery) -> Select[tuple[object]]:
    keys: list[ColumnElement[object]] = [jobs.c.created_at, jobs.c.id]
    if query.sort_by is SortBy.STATE:
        keys.insert(0, case(*((_IN_STATE[state], state.value) for state in BatchState)))
    elif query.sort_by is SortBy.MODEL_CODE:
        keys.insert(0, jobs.c.model_code)
    order = [key.asc() if query.is_ascending else key.desc() for key in keys]
    return rows.order_by(*order).limit(query.page_size).offset((query.page - 1) * query.page_size)
