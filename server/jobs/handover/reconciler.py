"""Hands the engine what was recorded and did not reach it, for as long as the service runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, NoReturn, Protocol, TypeVar

import structlog

from server.database.clock import Clock, utc_now
from server.jobs.handover.admission import Admission
from server.jobs.handover.engine import JobEngine
from server.jobs.handover.open_work import JobRef, OpenWork
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
#: Called with the name of the action, for the numbers that operators watch.
OnHandedOver = Callable[[str], None]


class Round(Protocol):
    async def run_round(self) -> None:
        """Repair a bounded piece. Never raises but for being cancelled."""
        ...


async def reconcile_forever(rounds: Sequence[Round], every_s: float = 5) -> NoReturn:
    """Begins at once. What fails is logged and tried again in a later round."""
    while True:
        for each in rounds:
            await each.run_round()
        await asyncio.sleep(every_s)


def rounds_of_jobs(
    work: OpenWork, engine: JobEngine, admission: Admission, on_handed_over: OnHandedOver | None = None
) -> tuple[Round, ...]:
    return (
        AdmissionRound(admission),
        Sweep("start", work.unstarted, partial(_start, engine), on_handed_over=on_handed_over),
        Sweep("clean_up", work.uncleaned, partial(_clean_up, engine), on_handed_over=on_handed_over),
    )


async def _start(engine: JobEngine, job: JobRef) -> None:
    await engine.start(job.kind, job.id, job.account_id, is_bulk=job.is_bulk)


async def _clean_up(engine: JobEngine, job: JobRef) -> None:
    await engine.cancel(job.id)
    await engine.start_clean_up(job.id, job.account_id)


@asynccontextmanager
async def surviving(action: str) -> AsyncIterator[None]:
    try:
        yield
    except Unavailable as error:
        _log.warning("reconciling stopped for now", action=action, why=str(error))
    except Exception:  # noqa: BLE001  a bug met on the way must not end the repair of everything else
        _log.exception("reconciling failed", action=action)


class OpenRef(Protocol):
    """Enough of some open work to hand it to the engine, and to go on behind it."""

    @property
    def id(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


Ref = TypeVar("Ref", bound=OpenRef)


class Finder(Protocol[Ref]):
    async def __call__(self, limit: int, after: Ref | None = None) -> tuple[Ref, ...]: ...


class AdmissionRound:
    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def run_round(self) -> None:
        async with surviving("admit"):
            await self._admission.admit_all()


class Sweep(Generic[Ref]):
    """Goes through all open work of one kind, a bounded piece a round, and begins again at the end.

    Handing over twice is harmless but not free, so it remembers for a while what the engine has taken.
    """

    def __init__(
        self,
        action: str,
        find: Finder[Ref],
        hand_over: Callable[[Ref], Awaitable[None]],
        clock: Clock = utc_now,
        pause_s: float = _PAUSE_S,
        on_handed_over: OnHandedOver | None = None,
    ) -> None:
        self._action = action
        self._find = find
        self._hand_over = hand_over
        self._on_handed_over = on_handed_over
        self._clock = clock
        self._pause_s = pause_s
        self._trusted_until: dict[str, datetime] = {}
        self._after: Ref | None = None

    async def run_round(self) -> None:
        async with surviving(self._action):
            await self._run_round()

    async def _run_round(self) -> None:
        now = self._clock()
        # What lies further off was noted before the clock was set back.
        last = now + _TRUSTED_FOR
        self._trusted_until = {
            job: until for job, until in self._trusted_until.items() if now < until <= last
        }
        taken = 0
        while taken < _MOST_IN_A_ROUND:
            jobs = await self._find(_PAGE, self._after)
            for job in jobs:
                taken += await self._take(job, now)
                self._after = job
            if len(jobs) < _PAGE:
                self._after = None
                return

    async def _take(self, job: Ref, now: datetime) -> bool:
        """Whether the engine was asked. Raises Unavailable when asking for other jobs is of no use either."""
        is_young = abs(now - job.created_at) < _YOUNG  # by the clock of another, which may be ahead
        if is_young or job.id in self._trusted_until:
            return False
        try:
            async with asyncio.timeout(_CALL_LIMIT_S):
                await self._hand_over(job)
            self._trusted_until[job.id] = now + _TRUSTED_FOR
            if self._on_handed_over:
                self._on_handed_over(self._action)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001  one job that cannot be handed over must not hold up the others
            _log.exception("job not handed over", action=self._action, job_id=job.id)
        await asyncio.sleep(self._pause_s)
        return True
