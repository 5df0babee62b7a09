"""Tells the engine what was recorded; what it cannot take now, the reconciler hands over later."""

from collections.abc import Awaitable

import structlog

from server.jobs.handover.engine import JobEngine
from zerokerf.errors import Unavailable

_log = structlog.get_logger()


async def hand_over(action: str, job_id: str, call: Awaitable[None]) -> None:
    try:
        await call
    except Unavailable:
        _log.warning("left to the reconciler", action=action, job_id=job_id)


async def stop(engine: JobEngine, job_id: str, account_id: str) -> None:
    """Its work ends, and what it stored goes."""
    await hand_over("cancel", job_id, engine.cancel(job_id))
    await hand_over("clean_up", job_id, engine.start_clean_up(job_id, account_id))
