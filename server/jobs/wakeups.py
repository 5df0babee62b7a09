"""How those who wait for a job's events learn that there are new ones."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from typing import Any, NoReturn, Protocol

import asyncpg  # type: ignore[import-untyped]  # the package carries no types
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.open import Database
from zerokerf.errors import Unavailable

_CHANNEL = "zerokerf_jobs"
_ALIVE_CHECK_S = 30
_log = structlog.get_logger()


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


class PostgresWakeups:
    """Reaches every process that has the database open, over one connection of each."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._local = InProcessWakeups()

    async def announce(self, connection: AsyncConnection, job_id: str) -> None:
        notify = text("SELECT pg_notify(:channel, :job_id)")
        await connection.execute(notify, {"channel": _CHANNEL, "job_id": job_id})

    def wake(self, job_id: str) -> None:
        self._local.wake(job_id)

    def waiting(self, job_id: str) -> AbstractContextManager[asyncio.Event]:
        return self._local.waiting(job_id)

    async def listen_forever(self) -> NoReturn:
        """Connects again whenever the connection is lost; until then, only this process is heard."""
        while True:
            try:
                async with self._database.reading() as connection:
                    await self._listen(connection)
            except (Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError):
                _log.warning("wake-ups interrupted", action="listen")
            await asyncio.sleep(random.uniform(0.2, 1))  # noqa: S311  spreads servers that lost one database

    async def _listen(self, connection: AsyncConnection) -> None:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        lost = asyncio.Event()
        driver.add_termination_listener(lambda _: lost.set())
        try:
            await driver.add_listener(_CHANNEL, lambda *notice: self.wake(notice[3]))
            self._local.wake_all()  # for what happened while nobody listened
            while not lost.is_set():
                await connection.execute(text("SELECT 1"))
                await connection.rollback()  # within a transaction nothing would be heard
                with suppress(TimeoutError):
                    async with asyncio.timeout(_ALIVE_CHECK_S):
                        await lost.wait()
        finally:
            await connection.invalidate()  # it listens, so nobody else may use it


@asynccontextmanager
async def open_wakeups(database: Database) -> AsyncIterator[Wakeups]:
    if not database.is_postgres:
        yield InProcessWakeups()
        return
    wakeups = PostgresWakeups(database)
    listening = asyncio.create_task(wakeups.listen_forever())
    try:
        yield wakeups
    finally:
        listening.cancel()
        await asyncio.wait([listening])
