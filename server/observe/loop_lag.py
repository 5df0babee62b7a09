"""How late the event loop comes to what is due: the first thing to grow when something blocks it."""

import asyncio
import time
from typing import NoReturn

from prometheus_client import CollectorRegistry, Histogram

from server.observe.buckets import LAG_S

_EVERY_S = 0.5


class LoopLag:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = Histogram(
            "zerokerf_event_loop_lag_seconds",
            "How late a timer fires.",
            buckets=LAG_S,
            registry=registry,
        )

    async def measure_forever(self, every_s: float = _EVERY_S) -> NoReturn:
        while True:
            due = time.monotonic() + every_s
            await asyncio.sleep(every_s)
            self._lag.observe(max(0.0, time.monotonic() - due))
