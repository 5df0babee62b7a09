"""Rows of deliveries as values, and back."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from server.webhooks.model import Attempt, Delivery, DeliveryState, Endpoint


def delivery_of(row: RowMapping) -> Delivery:
    return Delivery(
        id=row["id"],
        account_id=row["account_id"],
        event=row["event"],
        url=row["url"],
        state=DeliveryState(row["state"]),
        created_at=row["created_at"],
        job_id=row["job_id"],
        public_job_id=row["public_job_id"],
        detail=row["detail"],
        body=row["body"],
        attempts=tuple(_attempt_of(each) for each in row["attempts"]),
        round_attempts=row["round_attempts"],
        rounds=row["rounds"],
        next_attempt_at=row["next_attempt_at"],
        ended_at=row["ended_at"],
    )


def endpoint_of(row: RowMapping) -> Endpoint:
    return Endpoint(row["url"], row["failed_in_a_row"], row["disabled_at"])


def attempt_columns(attempt: Attempt) -> dict[str, Any]:
    return asdict(attempt) | {"time": attempt.time.isoformat()}


def _attempt_of(stored: dict[str, Any]) -> Attempt:
    return Attempt(
        time=datetime.fromisoformat(stored["time"]),
        status=stored.get("status", 0),
        error=stored.get("error", ""),
        answer=stored.get("answer", ""),
        took_ms=stored.get("took_ms", 0),
    )
