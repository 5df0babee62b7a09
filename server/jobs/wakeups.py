"""How those who wait for a job's events learn that there are new ones."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection


class Wakeups(Protocol):
    """A wake-up says "look again" and may get lost: what happened stands in the records."""

    async def announce(self, connection: AsyncConnection, job_id: str) -> None:
        """Inside the transaction of the change: tell other processes, if and when it commits."""
        ...

    def wake(self, job_id: str) -> None:
        """After the commit: tell this process."""
        ...

    def waiting(self, job_id: str) -> AbstractContextManager[asyncio.Event]:
        """A flag that is set by every change; whoever waits clears it before looking."""
        ...


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
