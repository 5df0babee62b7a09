"""The records of deliveries, for those who send them."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, TextClause, func, literal, null, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.clock import Clock, utc_now
from server.database.open import Database
from server.database.schema import UtcTime
from server.database.tables import jobs, webhook_deliveries
from server.webhooks.endpoints import record_failed_event, record_success
from server.webhooks.model import Attempt, Delivery, DeliveryRef, DeliveryState
from server.webhooks.rows import attempt_columns, delivery_of

MOST_ATTEMPTS_KEPT = 20
Condition = ColumnElement[bool] | TextClause
#: Word for word the condition of the index, so that both databases use it.
_PENDING = text("webhook_deliveries.state = 'pending'")
_WITH_JOBS = webhook_deliveries.outerjoin(jobs, jobs.c.id == webhook_deliveries.c.job_id)
#: What its owner calls the job.
_PUBLIC_JOB_ID = func.coalesce(jobs.c.public_id, webhook_deliveries.c.job_id).label("public_job_id")
_ALL_BUT_BODY = [column for column in webhook_deliveries.c if column.name != "body"]
SELECT = select(webhook_deliveries, _PUBLIC_JOB_ID).select_from(_WITH_JOBS)
#: A body may be megabytes.
SELECT_WITHOUT_BODY = select(*_ALL_BUT_BODY, null().label("body"), _PUBLIC_JOB_ID).select_from(_WITH_JOBS)


class DeliveryRecords:
    """Each call is one transaction, and safe to repeat."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def due(self, limit: int, after: DeliveryRef | None = None) -> tuple[DeliveryRef, ...]:
        """Whose next attempt should have been made by now, oldest first, whether or not the engine has them.

        Those that wait for a later attempt are left alone: the engine knows when, and if it has forgotten,
        their time comes here.
        """
        due: list[Condition] = [_PENDING, webhook_deliveries.c.next_attempt_at <= self._clock()]
        place = webhook_deliveries.c.created_at, webhook_deliveries.c.id
        if after is not None:
            due.append(tuple_(*place) > tuple_(literal(after.created_at, UtcTime), literal(after.id)))
        async with self._database.reading() as connection:
            return await _refs(connection, due, limit)

    async def pending_of(self, job_id: str) -> tuple[DeliveryRef, ...]:
        """Whatever is to be told of the job."""
        mine: list[Condition] = [_PENDING, webhook_deliveries.c.job_id == job_id]
        async with self._database.reading() as connection:
            return await _refs(connection, mine, None)

    async def load(self, delivery_id: str) -> Delivery | None:
        async with self._database.reading() as connection:
            return await _found(connection, delivery_id)

    async def put_body(self, delivery_id: str, body: str) -> str:
        """The first one stays; returns it."""
        table = webhook_deliveries
        first = update(table).where(table.c.id == delivery_id, table.c.body.is_(None)).values(body=body)
        kept = select(table.c.body).where(table.c.id == delivery_id)
        async with self._database.writing() as connection:
            await connection.execute(first)
            return await connection.scalar(kept) or body

    async def record_attempt(
        self, delivery: Delivery, attempt: Attempt, retry_after_s: float | None
    ) -> Delivery | None:
        """Without a time to the next attempt this was the last one. What ended meanwhile has ended.

        An attempt that is on record already is not recorded again. Returns the delivery without its body;
        None when it is gone.
        """
        async with self._database.writing() as connection:
            found = await _locked(connection, delivery.id)
            if found is None or _place(found) != _place(delivery):
                return found
            recorded = _with_attempt(found, attempt)
            if found.state is DeliveryState.PENDING:
                recorded = _moved(recorded, attempt, retry_after_s, self._clock())
                await self._settle(connection, recorded)
            await _save(connection, recorded)
            return recorded

    async def stop(self, delivery_id: str) -> None:
        """There is nothing left that could be told."""
        stopped = {"state": DeliveryState.STOPPED, "next_attempt_at": None, "ended_at": self._clock()}
        table = webhook_deliveries
        pending = table.c.id == delivery_id, table.c.state == DeliveryState.PENDING
        async with self._database.writing() as connection:
            await connection.execute(update(table).where(*pending).values(stopped))

    async def _settle(self, connection: AsyncConnection, delivery: Delivery) -> None:
        """What an end means for the address."""
        if delivery.state is DeliveryState.DELIVERED:
            await record_success(connection, delivery.account_id, delivery.url)
        elif delivery.state is DeliveryState.FAILED and delivery.rounds == 1:
            # Sent again by hand it is the same event still, and does not count twice.
            await record_failed_event(connection, delivery.account_id, delivery.url, self._clock())


def _place(delivery: Delivery) -> tuple[int, int]:
    return delivery.rounds, delivery.round_attempts


def _with_attempt(delivery: Delivery, attempt: Attempt) -> Delivery:
    attempts = (*delivery.attempts, attempt)[-MOST_ATTEMPTS_KEPT:]
    return replace(delivery, attempts=attempts, round_attempts=delivery.round_attempts + 1)


def _moved(delivery: Delivery, attempt: Attempt, retry_after_s: float | None, now: datetime) -> Delivery:
    if not attempt.succeeded and retry_after_s is not None:
        return replace(delivery, next_attempt_at=now + timedelta(seconds=retry_after_s))
    state = DeliveryState.DELIVERED if attempt.succeeded else DeliveryState.FAILED
    return replace(delivery, state=state, next_attempt_at=None, ended_at=now)


async def _refs(
    connection: AsyncConnection, which: list[Condition], limit: int | None
) -> tuple[DeliveryRef, ...]:
    table = webhook_deliveries
    query = select(table.c.id, table.c.account_id, table.c.rounds, table.c.created_at).where(*which)
    rows = await connection.execute(query.order_by(table.c.created_at, table.c.id).limit(limit))
    return tuple(DeliveryRef(row.id, row.account_id, row.rounds, row.created_at) for row in rows)


async def _found(connection: AsyncConnection, delivery_id: str) -> Delivery | None:
    query = SELECT.where(webhook_deliveries.c.id == delivery_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return delivery_of(row) if row else None


async def _locked(connection: AsyncConnection, delivery_id: str) -> Delivery | None:
    """Without its body; nobody else changes it before this transaction ends."""
    query = SELECT_WITHOUT_BODY.where(webhook_deliveries.c.id == delivery_id).with_for_update(
        of=webhook_deliveries
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    return delivery_of(row) if row else None


async def _save(connection: AsyncConnection, delivery: Delivery) -> None:
    changed = {
        "state": delivery.state,
        "attempts": [attempt_columns(each) for each in delivery.attempts],
        "round_attempts": delivery.round_attempts,
        "next_attempt_at": delivery.next_attempt_at,
        "ended_at": delivery.ended_at,
    }
    mine = webhook_deliveries.c.id == delivery.id
    await connection.execute(update(webhook_deliveries).where(mine).values(changed))
