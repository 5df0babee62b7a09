"""The values of webhooks: deliveries, their attempts, where they go, and what signs them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    #: Every attempt failed.
    FAILED = "failed"
    #: Its job or its account was deleted.
    STOPPED = "stopped"
    #: Its webhook is disabled.
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and what came of it. Without an answer the status is 0 and `error` says why."""

    time: datetime
    status: int = 0
    error: str = ""
    #: The first bytes of the answer, as text.
    answer: str = ""
    took_ms: int = 0

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status <= 299


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one address."""

    id: str
    account_id: str
    event: str
    url: str
    state: DeliveryState
    created_at: datetime
    #: None where it is about no job.
    job_id: str | None = None
    #: What its owner calls the job.
    public_job_id: str | None = None
    #: What is told besides what the records say.
    detail: dict[str, Any] = field(default_factory=dict)
    #: What is sent, the same at each attempt; None before the first.
    body: str | None = None
    #: The last ones, oldest first.
    attempts: tuple[Attempt, ...] = ()
    #: How many attempts the present round has made.
    round_attempts: int = 0
    #: More than one where it was sent again by hand.
    rounds: int = 1
    next_attempt_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryRef:
    """Enough of a delivery to hand it to the engine, and to go on behind it."""

    id: str
    account_id: str
    round_number: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Newest first. `next_token` is empty on the last page."""

    deliveries: tuple[Delivery, ...]
    next_token: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an account's webhooks go, and how it went lately."""

    url: str
    #: Events whose every attempt failed.
    failed_in_a_row: int = 0
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signs an account's webhooks. The previous one is there for as long as it is valid."""

    current: str
    previous: str | None = None
    previous_until: datetime | None = None
