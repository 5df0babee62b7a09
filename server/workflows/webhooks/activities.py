"""What a webhook's steps do: one attempt, which is on record when it returns."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from temporalio import activity

from server.database.clock import Clock, utc_now
from server.webhooks.delivery_records import DeliveryRecords
from server.webhooks.model import Delivery, DeliveryState
from server.webhooks.sending import Sender
from server.workflows.messages import AttemptRef, NextAttempt
from server.workflows.steps import alive
from server.workflows.webhooks.bodies import WebhookBodies
from zerokerf.errors import Unauthenticated

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WebhookParts:
    """What the activities work with."""

    records: DeliveryRecords
    bodies: WebhookBodies
    sender: Sender
    clock: Clock = utc_now


class WebhookActivities:
    def __init__(self, parts: WebhookParts) -> None:
        self._records = parts.records
        self._bodies = parts.bodies
        self._sender = parts.sender
        self._clock = parts.clock

    @activity.defn(name="webhook.attempt")
    async def attempt(self, ref: AttemptRef) -> NextAttempt | None:
        """When the next attempt is due; None when there is nothing left to do.

        Made twice, it sends twice: the same bytes under the same id, for the receiver to tell.
        """
        async with alive():
            delivery = await self._records.load(ref.round.delivery_id)
            if delivery is None or not _is_wanted(delivery, ref):
                return None
            if delivery.round_attempts <= ref.made:
                delivery = await self._send(delivery, ref.round.schedule_s)
            return _following(delivery, ref, self._clock()) if delivery else None

    async def _send(self, delivery: Delivery, schedule_s: tuple[float, ...]) -> Delivery | None:
        body = await self._body(delivery)
        if body is None:
            await self._records.stop(delivery.id)
            return None
        try:
            made = await self._sender.send(delivery, body)
        except Unauthenticated:  # its account is gone
            await self._records.stop(delivery.id)
            return None
        is_last = delivery.round_attempts >= len(schedule_s)
        retry_after_s = None if is_last else schedule_s[delivery.round_attempts]
        log.info(
            "webhook sent" if made.succeeded else "webhook not delivered",
            action="deliver",
            delivery_id=delivery.id,
            job_id=delivery.job_id,
            account_id=delivery.account_id,
            attempt=delivery.round_attempts + 1,
            status=made.status,
        )
        return await self._records.record_attempt(delivery, made, retry_after_s)

    async def _body(self, delivery: Delivery) -> str | None:
        """None when what it tells of is gone."""
        if delivery.body is not None:
            return delivery.body
        body = await self._bodies.make(delivery)
        return None if body is None else await self._records.put_body(delivery.id, body)


def _is_wanted(delivery: Delivery, ref: AttemptRef) -> bool:
    return delivery.state is DeliveryState.PENDING and delivery.rounds == ref.round.number


def _following(delivery: Delivery, ref: AttemptRef, now: datetime) -> NextAttempt | None:
    if not _is_wanted(delivery, ref) or delivery.next_attempt_at is None:
        return None
    wait_s = (delivery.next_attempt_at - now).total_seconds()
    return NextAttempt(delivery.round_attempts, max(0.0, wait_s))
