"""Webhook deliveries and where they go, as messages; and the states that requests name."""

from collections.abc import Iterable

from server.api.message_parts import timestamp
from server.webhooks.model import Attempt, Delivery, DeliveryState, Endpoint
from zerokerf.errors import InvalidParams
from zerokerf.v1 import webhook_pb2

STATES: dict["webhook_pb2.WebhookDelivery.State.ValueType", DeliveryState] = {
    webhook_pb2.WebhookDelivery.STATE_PENDING: DeliveryState.PENDING,
    webhook_pb2.WebhookDelivery.STATE_DELIVERED: DeliveryState.DELIVERED,
    webhook_pb2.WebhookDelivery.STATE_FAILED: DeliveryState.FAILED,
    webhook_pb2.WebhookDelivery.STATE_STOPPED: DeliveryState.STOPPED,
    webhook_pb2.WebhookDelivery.STATE_DROPPED: DeliveryState.DROPPED,
}
STATE_VALUES = {state: value for value, state in STATES.items()}


def delivery_message(delivery: Delivery) -> webhook_pb2.WebhookDelivery:
    message = listed_delivery_message(delivery)
    message.body = delivery.body or ""
    return message


def listed_delivery_message(delivery: Delivery) -> webhook_pb2.WebhookDelivery:
    """Without what may be long."""
    return webhook_pb2.WebhookDelivery(
        id=delivery.id,
        event=delivery.event,
        job_id=delivery.public_job_id or "",
        url=delivery.url,
        state=STATE_VALUES[delivery.state],
        attempts=[_attempt(each) for each in delivery.attempts],
        create_time=timestamp(delivery.created_at),
        end_time=timestamp(delivery.ended_at),
        next_attempt_time=timestamp(delivery.next_attempt_at),
    )


def endpoint_message(endpoint: Endpoint) -> webhook_pb2.WebhookEndpoint:
    return webhook_pb2.WebhookEndpoint(
        url=endpoint.url,
        failed_in_a_row=endpoint.failed_in_a_row,
        disable_time=timestamp(endpoint.disabled_at),
    )


def delivery_states(
    asked: Iterable["webhook_pb2.WebhookDelivery.State.ValueType"],
) -> frozenset[DeliveryState]:
    """Raises InvalidParams for one that does not exist."""
    values = frozenset(asked)
    if not values <= STATES.keys():
        raise InvalidParams({"states": "A delivery is pending, delivered, failed, stopped or dropped."})
    return frozenset(STATES[value] for value in values)


def _attempt(attempt: Attempt) -> webhook_pb2.WebhookAttempt:
    return webhook_pb2.WebhookAttempt(
        time=timestamp(attempt.time),
        status=attempt.status,
        error=attempt.error,
        answer=attempt.answer,
        milliseconds=attempt.took_ms,
    )
