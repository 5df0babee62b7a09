"""Messages about events, each made once for all who are told it."""

from collections.abc import Callable
from typing import Generic, TypeVar

from server.jobs.model import JobEvent

Message = TypeVar("Message")

#: Many times the events that are on their way to watchers at once.
_KEPT = 1024


class ToldOnce(Generic[Message]):
    """An event never changes, and neither may its message."""

    def __init__(self, make: Callable[[JobEvent], Message]) -> None:
        self._make = make
        self._made: dict[tuple[str, int], Message] = {}

    def of(self, event: JobEvent) -> Message:
        key = event.job_id, event.sequence
        message = self._made.get(key)
        if message is None:
            if len(self._made) >= _KEPT:
                del self._made[next(iter(self._made))]
            message = self._made[key] = self._make(event)
        return message
