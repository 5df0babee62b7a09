"""Whether an account may submit more this month."""

from server.accounts.model import Caller
from server.accounts.months import month_of
from server.accounts.usage import audio_ms_in
from server.database.clock import Clock, utc_now
from server.database.open import Database
from zerokerf.errors import QuotaExceeded

_MS_PER_MINUTE = 60_000


class Quotas:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def check(self, caller: Caller) -> None:
        """Raises QuotaExceeded once the plan's minutes are used up, unless it sells more of them.

        Trials use no minutes. Asks nothing of the database where there is no such limit.
        """
        minutes = caller.plan.minutes_per_month
        if minutes is None or caller.plan.overage_per_minute is not None or caller.is_test:
            return
        month = month_of(self._clock())
        async with self._database.reading() as connection:
            used_ms = await audio_ms_in(connection, caller.account_id, month)
        if used_ms >= minutes * _MS_PER_MINUTE:
            raise QuotaExceeded(minutes, month.end)
