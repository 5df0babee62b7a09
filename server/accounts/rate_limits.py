"""How many requests a key may make in a minute: the same count for all processes of the service."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from limits import RateLimitItemPerMinute
from limits.aio.strategies import FixedWindowRateLimiter

from server.accounts.model import Caller
from server.accounts.rate_store import Window, remove_ended
from server.database.clock import Clock, utc_now
from server.database.open import Database

WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands once a request of its is counted."""

    limit: int
    remaining: int
    #: Unix time at which the count begins anew.
    reset_at_s: int
    #: Set when this request is one too many.
    retry_after_s: int | None = None


class RateLimits:
    """Windows are the minutes of the clock. Refused requests do not count."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._minute = 0
        #: Who has nothing left in this minute, so that a flood of refused requests asks the database nothing.
        self._spent: set[tuple[str, int]] = set()

    async def count(self, caller: Caller) -> Standing | None:
        """Count a request. None, and no query, for a plan without a limit.

        Counts by key, and by account for the bearers of tokens.
        """
        limit = caller.plan.requests_per_minute
        if limit is None:
            return None
        now = self._clock()
        await self._turn_minute(now)
        who = caller.key_id or caller.account_id
        if (who, limit) in self._spent:
            return _standing(limit, 0, now, is_over=True)
        return await self._hit(who, limit, now)

    async def _hit(self, who: str, limit: int, now: datetime) -> Standing:
        item = RateLimitItemPerMinute(limit, namespace="requests")
        ends_at = datetime.fromtimestamp(_reset_at_s(now), UTC)
        limiter = FixedWindowRateLimiter(Window(self._database, ends_at, limit))
        is_within = await limiter.hit(item, who)
        if not is_within and _minute(now) == self._minute:
            self._spent.add((who, limit))
        stats = await limiter.get_window_stats(item, who)
        return _standing(limit, stats.remaining, now, is_over=not is_within)

    async def _turn_minute(self, now: datetime) -> None:
        if _minute(now) == self._minute:
            return
        self._minute = _minute(now)
        self._spent.clear()
        await remove_ended(self._database, now)


def _standing(limit: int, remaining: int, now: datetime, *, is_over: bool) -> Standing:
    reset_at_s = _reset_at_s(now)
    wait_s = math.ceil(reset_at_s - now.timestamp())
    return Standing(limit, remaining, reset_at_s, wait_s if is_over else None)


def _minute(now: datetime) -> int:
    return int(now.timestamp()) // WINDOW_S


def _reset_at_s(now: datetime) -> int:
    return (_minute(now) + 1) * WINDOW_S
