"""A client's list of split jobs, page by page."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, RowMapping, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.page_tokens import Cursor, page_token, parse_page_token
from server.database.schema import UtcTime
from server.database.tables import jobs
from server.jobs.model import Page
from server.jobs.records.rows import job_of
from server.jobs.splits.rows import SPLIT
from server.jobs.states import State
from zerokerf.errors import InvalidParams

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 20
_MAX_SKIP = 2**31


async def page_of(
    connection: AsyncConnection,
    account_id: str,
    states: frozenset[State],
    page_size: int,
    token: str,
    skip: int,
) -> Page:
    """Jobs in any of the states, or in every one if none is given.

    Jobs that are made while a client turns pages move nothing on the pages that follow.
    """
    _check(page_size, skip)
    size = page_size or DEFAULT_PAGE_SIZE
    after = parse_page_token(token, account_id, states) if token else None
    listed = [
        jobs.c.account_id == account_id,
        jobs.c.kind == SPLIT.name,
        jobs.c.deleted_at.is_(None),
    ]
    if states:
        listed.append(jobs.c.state.in_(states))
    total = await connection.scalar(select(func.count()).select_from(jobs).where(*listed))
    rows = await _rows_after(connection, listed, after, size + 1, skip)
    found = tuple(job_of(row, SPLIT) for row in rows[:size])
    more = len(rows) > size
    next_token = page_token(Cursor(found[-1].created_at, found[-1].id), account_id, states) if more else ""
    return Page(found, next_token, total or 0)


async def _rows_after(
    connection: AsyncConnection,
    listed: list[ColumnElement[bool]],
    after: Cursor | None,
    limit: int,
    skip: int,
) -> Sequence[RowMapping]:
    query = select(jobs).where(*listed)
    position = tuple_(jobs.c.created_at, jobs.c.id)
    if after is not None:
        query = query.where(position < tuple_(literal(after.created_at, UtcTime), literal(after.id)))
    newest_first = query.order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
    return (await connection.execute(newest_first.limit(limit).offset(skip))).mappings().all()


def _check(page_size: int, skip: int) -> None:
    violations = {}
    if not 0 <= page_size <= MAX_PAGE_SIZE:
        violations["page_size"] = (
            f"The page size must be from 1 to {MAX_PAGE_SIZE}; 0 means {DEFAULT_PAGE_SIZE}."
        )
    if not 0 <= skip < _MAX_SKIP:
        violations["skip"] = "The number of jobs to pass over must not be negative, and below 2147483648."
    if violations:
        raise InvalidParams(violations)
