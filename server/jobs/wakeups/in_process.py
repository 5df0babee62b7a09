"""Wake-ups within one process."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(slots=True, eq=False)
class Awaited:
    """Somebody who waits for a job: for what, and behind which event."""

    changed: asyncio.Event = field(default_factory=asyncio.Event)
    #: Unset before the first look.
    last_sequence: int | None = None


class InProcessWakeups:
    """Reaches the tasks of one process and one event loop."""

    def __init__(self) -> None:
        self._awaited: dict[str, set[Awaited]] = {}

    async def announce(self, connection: AsyncConnection, job_id: str) -> None:
        pass

    def wake(self, job_id: str) -> None:
        for one in self._awaited.get(job_id, ()):
            one.changed.set()

    def wake_all(self) -> None:
        for job_id in self._awaited:
            self.wake(job_id)

    def wake_unless_known(self, last_sequences: Mapping[str, int]) -> None:
        """Those who have not seen the last event of their job, or whose job is not named."""
        for job_id, waiting in self._awaited.items():
            for one in waiting:
                if one.last_sequence != last_sequences.get(job_id):
                    one.changed.set()

    def awaited(self) -> tuple[str, ...]:
        """The jobs that somebody waits for."""
        return tuple(self._awaited)

    @contextmanager
    def waiting(self, job_id: str) -> Iterator[Awaited]:
        one = Awaited()
        self._awaited.setdefault(job_id, set()).add(one)
        try:
            yield one
        finally:
            self._awaited[job_id].discard(one)
            if not self._awaited[job_id]:
                del self._awaited[job_id]
