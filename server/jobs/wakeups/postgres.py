"""Wake-ups between processes, by the database that they share."""

import asyncio
import random
from contextlib import AbstractContextManager, suppress
from typing import Any, NoReturn

import asyncpg  # type: ignore[import-untyped]  # the package carries no types
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.open import Database
from server.jobs.wakeups.in_process import Awaited, InProcessWakeups
from zerokerf.errors import Unavailable

_CHANNEL = "zerokerf_jobs"
_ALIVE_CHECK_S = 30
_log = structlog.get_logger()


class PostgresWakeups:
    """Reaches every process that has the database open, over one connection of each."""

    def __init__(self, database: Database, local: InProcessWakeups) -> None:
        self._database = database
        self._local = local

    async def announce(self, connection: AsyncConnection, job_id: str) -> None:
        notify = text("SELECT pg_notify(:channel, :job_id)")
        await connection.execute(notify, {"channel": _CHANNEL, "job_id": job_id})

    def wake(self, job_id: str) -> None:
        self._local.wake(job_id)

    def waiting(self, job_id: str) -> AbstractContextManager[Awaited]:
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
