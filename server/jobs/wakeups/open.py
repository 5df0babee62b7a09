"""How those who wait for a job's events learn that there are new ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.open import Database
from server.jobs.wakeups.in_process import Awaited, InProcessWakeups
from server.jobs.wakeups.lookout import look_out_forever
from server.jobs.wakeups.postgres import PostgresWakeups


class Wakeups(Protocol):
    """A wake-up says "look again" and may get lost: what happened stands in the records."""

    async def announce(self, connection: AsyncConnection, job_id: str) -> None:
        """Inside the transaction of the change: tell other processes, if and when it commits."""
        ...

    def wake(self, job_id: str) -> None:
        """After the commit: tell this process."""
        ...

    def waiting(self, job_id: str) -> AbstractContextManager[Awaited]:
        """Its flag is set by every change; whoever waits clears it before looking, and says what was seen."""
        ...


@asynccontextmanager
async def open_wakeups(database: Database) -> AsyncIterator[Wakeups]:
    """Hears of every change within half a second, and of most at once. One for each process."""
    local = InProcessWakeups()
    tasks = [asyncio.create_task(look_out_forever(database, local), name="look-out")]
    wakeups: Wakeups = local
    if database.is_postgres:
        remote = PostgresWakeups(database, local)
        tasks.append(asyncio.create_task(remote.listen_forever(), name="listen"))
        wakeups = remote
    try:
        yield wakeups
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
