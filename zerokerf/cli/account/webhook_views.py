"""What people and scripts read of webhooks: deliveries, their attempts, the addresses that fail."""

from collections.abc import Iterable

from zerokerf.cli.splits.documents import time_text
from zerokerf.cli.splits.modes import Document
from zerokerf.cli.splits.reports import format_time, open_table
from zerokerf.cli.terminal import console, printable, put
from zerokerf.enum_words import enum_word
from zerokerf.v1.webhook_pb2 import WebhookAttempt, WebhookDelivery, WebhookEndpoint


def state_name(state: WebhookDelivery.State.ValueType) -> str:
    return enum_word(WebhookDelivery.State, "state", state)


def put_deliveries(deliveries: Iterable[WebhookDelivery]) -> None:
    table = open_table("id", "event", "state", "attempts", "job", "url", "created", "next", right=0)
    for delivery in deliveries:
        table.add_row(
            delivery.id,
            printable(delivery.event),
            state_name(delivery.state),
            str(len(delivery.attempts)),
            printable(delivery.job_id),
            printable(delivery.url),
            format_time(delivery.create_time),
            format_time(delivery.next_attempt_time),
        )
    console().print(table)


def put_delivery(delivery: WebhookDelivery) -> None:
    about = f" of {delivery.job_id}" if delivery.job_id else ""
    put(f"{delivery.id}: {state_name(delivery.state)}, {delivery.event}{about}")
    put(f"To {delivery.url}, created {format_time(delivery.create_time)}")
    if delivery.HasField("next_attempt_time"):
        put(f"Next attempt {format_time(delivery.next_attempt_time)}")
    if delivery.attempts:
        _put_attempts(delivery.attempts)
    if delivery.body:
        put(delivery.body)


def delivery_document(delivery: WebhookDelivery) -> Document:
    return {
        "id": delivery.id,
        "event": delivery.event,
        "job": delivery.job_id or None,
        "url": delivery.url,
        "state": state_name(delivery.state),
        "attempts": [_attempt(each) for each in delivery.attempts],
        "created": time_text(delivery, "create_time"),
        "ended": time_text(delivery, "end_time"),
        "next_attempt": time_text(delivery, "next_attempt_time"),
        "body": delivery.body or None,
    }


def put_endpoints(endpoints: Iterable[WebhookEndpoint]) -> None:
    table = open_table("failed", "disabled", "url", right=1)
    for endpoint in endpoints:
        table.add_row(
            str(endpoint.failed_in_a_row), format_time(endpoint.disable_time), printable(endpoint.url)
        )
    console().print(table)


def endpoint_document(endpoint: WebhookEndpoint) -> Document:
    return {
        "url": endpoint.url,
        "failed_in_a_row": endpoint.failed_in_a_row,
        "disabled": time_text(endpoint, "disable_time"),
    }


def _put_attempts(attempts: Iterable[WebhookAttempt]) -> None:
    table = open_table("time", "ms", "status", "answer", right=0)
    for attempt in attempts:
        answer = attempt.answer or attempt.error
        status = str(attempt.status) if attempt.status else ""
        table.add_row(format_time(attempt.time), str(attempt.milliseconds), status, printable(answer))
    console().print(table)


def _attempt(attempt: WebhookAttempt) -> Document:
    return {
        "time": time_text(attempt, "time"),
        "status": attempt.status or None,
        "error": attempt.error or None,
        "answer": attempt.answer,
        "took_ms": attempt.milliseconds,
    }
