"""What crosses the engine's wire: ids and small facts. Fields are only added, with defaults."""

import json
import zlib
from dataclasses import dataclass, field
from typing import Any

TASK_QUEUE = "zerokerf"
#: For steps that take all cores of a machine: each worker does one at a time.
SHARE_QUEUE = "zerokerf-shares"
#: For the recognition of speech.
SPEECH_QUEUE = "zerokerf-speech"
#: For webhooks, which wait for strangers.
DELIVERY_QUEUE = "zerokerf-deliveries"


@dataclass(frozen=True)
class JobRef:
    job_id: str
    account_id: str
    #: Whether the steps of other jobs come first.
    is_bulk: bool = False


@dataclass(frozen=True)
class ShareRef:
    """One part of the segments of a job, for one worker."""

    job: JobRef
    number: int
    count: int


@dataclass(frozen=True)
class ChunkRef:
    """One stretch of one channel of a recording."""

    job: JobRef
    channel: int
    index: int


@dataclass(frozen=True)
class PlanRef:
    """A request of which no job is made."""

    plan_id: str
    account_id: str
    request: dict[str, Any]


@dataclass(frozen=True)
class RoundRef:
    """One round of attempts to deliver a webhook, on the schedule that was set when it began."""

    delivery_id: str
    number: int
    #: Seconds from each attempt to the next.
    schedule_s: tuple[float, ...]


@dataclass(frozen=True)
class AttemptRef:
    """An attempt that is due when so many have been made."""

    round: RoundRef
    made: int = 0


@dataclass(frozen=True)
class NextAttempt:
    made: int
    wait_s: float


@dataclass(frozen=True)
class FailedJob:
    """A job that ends badly, and why. An empty reason is a failure of ours."""

    job: JobRef
    reason: str = ""
    sentence: str = ""
    facts: dict[str, str] = field(default_factory=dict)


def packed_plan(plan: dict[str, Any]) -> bytes:
    """Thousands of segments say much the same: small enough for the engine, which refuses 2 MiB."""
    return zlib.compress(json.dumps(plan).encode())


def unpacked_plan(packed: bytes) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(zlib.decompress(packed))
    return plan
