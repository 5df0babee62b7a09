"""The kinds of jobs there are, how the request of each is read from its record, and how it counts speech."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from server.jobs.model import Progress
from server.jobs.speech_model import Recognized

Request = TypeVar("Request")


class KindName(StrEnum):
    SPLIT = "split"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Kind(Generic[Request]):
    """`request_of` reads what `asdict` wrote, here or in another version.

    `progress_of` says how far a job is when so much of its recording is recognized.
    `words` are those of its webhooks.
    """

    name: KindName
    request_of: Callable[[dict[str, Any]], Request]
    progress_of: Callable[[Recognized], Progress]
    words: "EventWords"


@dataclass(frozen=True, slots=True)
class EventWords:
    """What webhooks call the events of a kind; None where they tell no progress."""

    completed: str
    failed: str
    progress: str | None = None
