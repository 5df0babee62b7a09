"""What it costs a call to know its key, to count it against a limit and to recognize a repeat of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.results import Row, p50, p95
from server.accounts.api_keys import ApiKeys
from server.accounts.bootstrap import ACCOUNT_ID, ensure_bootstrap
from server.accounts.key_uses import KeyUses
from server.accounts.model import Plan
from server.accounts.plans import Plans
from server.accounts.rate_limits import RateLimits
from server.database.migrate import migrate
from server.database.open import open_database
from server.jobs.model import SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups

BAR_S = 0.001
WARM_UP, REPEATS = 100, 1000
REQUEST = SplitRequest(source_url="https://example.org/a.wav", segment_ns=600_000_000_000)
#: So that every request is counted, and none refused.
PLAN = Plan("bench", "Bench", requests_per_minute=10**6)

Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class _Door:
    """What every call passes before it is served."""

    secret: str
    keys: ApiKeys
    limits: RateLimits

    async def pass_through(self) -> None:
        await self.limits.count(await self.keys.authenticate(self.secret))


async def measure(folder: Path) -> list[Row]:
    await asyncio.to_thread(folder.mkdir, parents=True)
    async with _opened(folder) as (records, door):
        job = await records.create(ACCOUNT_ID, REQUEST, None)
        numbers = count()

        async def get() -> None:
            await records.get(ACCOUNT_ID, job.id)

        async def guarded_get() -> None:
            await door.pass_through()
            await get()

        async def create() -> None:
            await records.create(ACCOUNT_ID, REQUEST, None)

        async def guarded_create() -> None:
            await door.pass_through()
            request_id = f"request {next(numbers)}"
            await records.create(ACCOUNT_ID, REQUEST, request_id)

        return [
            *await _compared("read a job", "its key checked and counted", get, guarded_get),
            *await _compared(
                "create a job",
                "its key checked, counted and with an id of the request",
                create,
                guarded_create,
            ),
        ]


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[tuple[SplitRecords, _Door]]:
    async with open_database(f"sqlite:///{folder}/records.db") as database:
        await migrate(database)
        secret = await ensure_bootstrap(database, None) or ""
        keys = ApiKeys(database, Plans({PLAN.id: PLAN}, PLAN), KeyUses(database))
        yield SplitRecords(database, InProcessWakeups()), _Door(secret, keys, RateLimits(database))


async def _compared(what: str, guards: str, bare: Call, guarded: Call) -> list[Row]:
    """In turns, so that whatever else the machine does meets both."""
    bare_s: list[float] = []
    guarded_s: list[float] = []
    for _ in range(WARM_UP + REPEATS):
        bare_s.append(await _timed(bare))
        guarded_s.append(await _timed(guarded))
    bare_s, guarded_s = bare_s[WARM_UP:], guarded_s[WARM_UP:]
    over_s = p50(guarded_s) - p50(bare_s)
    over = f"{over_s * 1000:+.2f} ms at p50, {(p95(guarded_s) - p95(bare_s)) * 1000:+.2f} ms at p95"
    return [
        Row(what, "", _in_ms(bare_s), REPEATS),
        Row(f"{what}, {guards}", "", _in_ms(guarded_s), REPEATS),
        Row(f"{what}: difference", f"p50 ≤ {BAR_S * 1000:g} ms", over, REPEATS, over_s <= BAR_S),
    ]


async def _timed(call: Call) -> float:
    begun_s = time.perf_counter()
    await call()
    return time.perf_counter() - begun_s


def _in_ms(values_s: list[float]) -> str:
    return f"{p50(values_s) * 1000:.2f} ms (p95 {p95(values_s) * 1000:.2f} ms)"
