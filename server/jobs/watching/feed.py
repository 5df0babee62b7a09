"""The newest events of one watched job, kept for all who watch it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice

from server.jobs.model import JobEvent

#: Who falls behind by more reads them from the records.
_KEPT = 64


class JobFeed:
    """One task adds what it reads, any number of others take it from here."""

    def __init__(self, after_sequence: int) -> None:
        self.last_sequence = after_sequence
        self._events: deque[JobEvent] = deque(maxlen=_KEPT)
        self._news = asyncio.Event()
        self._is_over = False

    def add(self, events: Sequence[JobEvent]) -> None:
        """They follow those that were added before."""
        if events:
            self._events.extend(events)
            self.last_sequence = events[-1].sequence
            self._tell()

    def end(self) -> None:
        """Nothing will be added any more."""
        self._is_over = True
        self._tell()

    async def behind(self, sequence: int) -> Sequence[JobEvent] | None:
        """The events behind the cursor, once there are any. None if only the records can tell them."""
        while sequence >= self.last_sequence:
            if self._is_over:
                return None
            await self._news.wait()
        first = self.last_sequence - len(self._events) + 1
        return None if sequence + 1 < first else tuple(islice(self._events, sequence + 1 - first, None))

    def _tell(self) -> None:
        told, self._news = self._news, asyncio.Event()
        told.set()
