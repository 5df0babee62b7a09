"""An account's own view of its deliveries. What is another's is not there."""

import re

from sqlalchemy import ColumnElement, literal, or_, select, tuple_, update

from server.database.clock import Clock, utc_now
from server.database.ids import Prefix, is_id, shown
from server.database.open import Database
from server.database.page_tokens import Cursor, page_token, parse_page_token
from server.database.schema import UtcTime
from server.database.tables import jobs, webhook_deliveries
from server.webhooks.delivery_records import SELECT, SELECT_WITHOUT_BODY
from server.webhooks.model import Delivery, DeliveryPage, DeliveryState
from server.webhooks.rows import delivery_of
from zerokerf.errors import DeliveryNotFound, DeliveryPending, InvalidParams

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 20
#: What is no id at all must not reach a query.
_JOB_ID = re.compile(r"[A-Za-z0-9_]{1,128}")


class DeliveryLog:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def get(self, account_id: str, delivery_id: str) -> Delivery:
        """Raises DeliveryNotFound, also for what cannot be an id."""
        query = SELECT.where(_mine(account_id, delivery_id))
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise DeliveryNotFound(delivery_id)
        return delivery_of(row)

    async def list(
        self,
        account_id: str,
        *,
        job_id: str | None = None,
        states: frozenset[DeliveryState] = frozenset(),
        page_size: int = 0,
        token: str = "",
    ) -> DeliveryPage:
        """Those about one job, or in one of these states, if given; without bodies. Raises InvalidParams."""
        size = _checked(page_size) or DEFAULT_PAGE_SIZE
        asked_for = [*states, *([f"job {job_id}"] if job_id else [])]
        if job_id and not _JOB_ID.fullmatch(job_id):
            return DeliveryPage((), "")
        after = parse_page_token(token, account_id, asked_for) if token else None
        listed = _listed(account_id, job_id, states, after)
        place = webhook_deliveries.c.created_at, webhook_deliveries.c.id
        query = (
            SELECT_WITHOUT_BODY.where(*listed).order_by(*(column.desc() for column in place)).limit(size + 1)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        found = tuple(delivery_of(row) for row in rows[:size])
        if len(rows) <= size:
            return DeliveryPage(found, "")
        last = Cursor(found[-1].created_at, found[-1].id)
        return DeliveryPage(found, page_token(last, account_id, asked_for))

    async def begin_again(self, account_id: str, delivery_id: str) -> Delivery:
        """Another round of attempts. Raises DeliveryNotFound, and DeliveryPending for one under way."""
        now, table = self._clock(), webhook_deliveries
        again = {
            "state": DeliveryState.PENDING,
            "rounds": table.c.rounds + 1,
            "round_attempts": 0,
            "next_attempt_at": now,
            "ended_at": None,
        }
        ended = table.c.state != DeliveryState.PENDING
        changed = update(table).where(_mine(account_id, delivery_id), ended).values(again)
        async with self._database.writing() as connection:
            is_begun = (await connection.execute(changed)).rowcount
        delivery = await self.get(account_id, delivery_id)
        if not is_begun:
            raise DeliveryPending(delivery_id)
        return delivery


def _mine(account_id: str, delivery_id: str) -> ColumnElement[bool]:
    if not is_id(Prefix.DELIVERY, delivery_id):
        raise DeliveryNotFound(shown(delivery_id))
    table = webhook_deliveries
    return (table.c.id == delivery_id) & (table.c.account_id == account_id)


def _listed(
    account_id: str, job_id: str | None, states: frozenset[DeliveryState], after: Cursor | None
) -> list[ColumnElement[bool]]:
    table = webhook_deliveries
    listed = [table.c.account_id == account_id]
    if job_id:
        called = select(jobs.c.id).where(jobs.c.account_id == account_id, jobs.c.public_id == job_id)
        listed.append(or_(table.c.job_id == job_id, table.c.job_id.in_(called)))
    if states:
        listed.append(table.c.state.in_(states))
    if after is not None:
        behind = tuple_(literal(after.created_at, UtcTime), literal(after.id))
        listed.append(tuple_(table.c.created_at, table.c.id) < behind)
    return listed


def _checked(page_size: int) -> int:
    if not 0 <= page_size <= MAX_PAGE_SIZE:
        sentence = f"The page size must be from 1 to {MAX_PAGE_SIZE}; 0 means {DEFAULT_PAGE_SIZE}."
        raise InvalidParams({"page_size": sentence})
    return page_size
