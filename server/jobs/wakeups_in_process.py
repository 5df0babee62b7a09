"""Wake-ups within one process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.ext.asyncio import AsyncConnection


class InProcessWakeups:
    """Reaches the tasks of one process and one event loop."""

    def __init__(self) -> None:
        self._flags: dict[str, set[asyncio.Event]] = {}

    async def announce(self, connection: AsyncConnection, job_id: str) -> None:
        pass

    def wake(self, job_id: str) -> None:
        for flag in self._flags.get(job_id, ()):
            flag.set()

    def wake_all(self) -> None:
        for job_id in self._flags:
            self.wake(job_id)

    def awaited(self) -> tuple[str, ...]:
        """The jobs that somebody waits for."""
        return tuple(self._flags)

    @contextmanager
    def waiting(self, job_id: str) -> Iterator[asyncio.Event]:
        flag = asyncio.Event()
        self._flags.setdefault(job_id, set()).add(flag)
        try:
            yield flag
        finally:
            self._flags[job_id].discard(flag)
            if not self._flags[job_id]:
                del self._flags[job_id]
