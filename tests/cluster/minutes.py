"""Requests are counted by the minute of the clock, so tests that count them begin with one."""

import asyncio
import time


async def beginning_of_a_minute(margin_s: float) -> None:
    """What follows within the margin falls into one minute."""
    left_s = 60 - time.time() % 60
    if left_s < margin_s:
        await asyncio.sleep(left_s)
