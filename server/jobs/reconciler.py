"""Hands the engine what was recorded and did not reach it, for as long as the service runs."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import NoReturn, Protocol

import structlog

from server.database.clock import Clock, utc_now
from server.jobs.engine import JobEngine
from server.jobs.open_work import JobRef, OpenWork
from zerokerf.errors import Unavailable

_log = structlog.get_logger()
_PAGE = 200
#: The embedded engine takes about 55 starts a second; most are to be left to clients.
_PAUSE_S = 0.05
_MOST_IN_A_ROUND = 200
_CALL_LIMIT_S = 15
#: A job this young is being handed over by the call that made it.
_YOUNG = timedelta(seconds=2)
#: How long the engine is trusted to have what it took; after that it may have lost its own file.
_TRUSTED_FOR = timedelta(minutes=1)


async def reconcile_forever(work: OpenWork, engine: JobEngine, every_s: float = 5) -> NoReturn:
    """Begins at once. What fails is logged and tried again in a later round."""
    starts = Sweep("start", work.unstarted, partial(_start, engine))
    clean_ups = Sweep("clean_up", work.uncleaned, partial(_clean_up, engine))
    while True:
        await starts.run_round()
        await clean_ups.run_round()
        await asyncio.sleep(every_s)


async def _start(engine: JobEngine, job: JobRef) -> None:
    await engine.start(job.kind, job.id, job.account_id)


async def _clean_up(engine: JobEngine, job: JobRef) -> None:
    await engine.cancel(job.id)
    await engine.start_clean_up(job.id, job.account_id)


class Finder(Protocol):
    async def __call__(self, limit: int, after: JobRef | None = None) -> tuple[JobRef, ...]: ...


class Sweep:
    """Goes through all open work of one kind, a bounded piece a round, and begins again at the end.

    Handing over twice is harmless but not free, so it remembers for a while what the engine has taken.
    """

    def __init__(
        self,
        action: str,
        find: Finder,
        hand_over: Callable[[JobRef], Awaitable[None]],
        clock: Clock = utc_now,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._action = action
        self._find = find
        self._hand_over = hand_over
        self._clock = clock
        self._pause_s = pause_s
        self._trusted_until: dict[str, datetime] = {}
        self._after: JobRef | None = None

    async def run_round(self) -> None:
        """Never raises but for being cancelled."""
        try:
            await self._run_round()
        except Unavailable as error:
            _log.warning("reconciling stopped for now", action=self._action, why=str(error))
        except Exception:  # noqa: BLE001  a bug met on the way must not end the repair of everything else
            _log.exception("reconciling failed", action=self._action)

    async def _run_round(self) -> None:
        now = self._clock()
        self._trusted_until = {job: until for job, until in self._trusted_until.items() if until > now}
        taken = 0
        while taken < _MOST_IN_A_ROUND:
            jobs = await self._find(_PAGE, self._after)
            for job in jobs:
                taken += await self._take(job, now)
                self._after = job
            if len(jobs) < _PAGE:
                self._after = None
                return

    async def _take(self, job: JobRef, now: datetime) -> bool:
        """Whether the engine was asked. Raises Unavailable when asking for other jobs is of no use either."""
        if job.id in self._trusted_until or now - job.created_at < _YOUNG:
            return False
        try:
            async with asyncio.timeout(_CALL_LIMIT_S):
                await self._hand_over(job)
            self._trusted_until[job.id] = now + _TRUSTED_FOR
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001  one job that cannot be handed over must not hold up the others
            _log.exception("job not handed over", action=self._action, job_id=job.id)
        await asyncio.sleep(self._pause_s)
        return True
