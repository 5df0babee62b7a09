"""Tells the engine what was recorded; what it cannot take now, the reconciler hands over later."""

from collections.abc import Awaitable

import structlog

from zerokerf.errors import Unavailable

_log = structlog.get_logger()


async def hand_over(action: str, job_id: str, call: Awaitable[None]) -> None:
    try:
        await call
    except Unavailable:
        _log.warning("left to the reconciler", action=action, job_id=job_id)
