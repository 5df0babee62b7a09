"""Watching a job: its events in order, without gaps, from any point on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

from server.jobs.model import JobEvent
from server.jobs.records import JobRecords
from server.jobs.wakeups import Wakeups

_PAGE = 100
#: Wake-ups are expected to arrive; this is for the day they do not.
_LOOK_AGAIN_S = 10


async def watch(
    records: JobRecords[Any], wakeups: Wakeups, account_id: str, job_id: str, after_sequence: int
) -> AsyncGenerator[JobEvent, None]:
    """Every event behind the cursor, then each new one; ends after the final state's event.

    Raises JobNotFound, also when the job is deleted meanwhile, and InvalidParams for an impossible cursor.
    """
    with wakeups.waiting(job_id) as changed:
        while True:
            changed.clear()
            state, events = await records.events(account_id, job_id, after_sequence, _PAGE)
            for event in events:
                yield event
                after_sequence = event.sequence
            if (events[-1].state if events else state).is_final:
                return
            if len(events) < _PAGE:  # what came after the look has set the flag
                await _wait(changed)


async def _wait(changed: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_AGAIN_S):
            await changed.wait()
