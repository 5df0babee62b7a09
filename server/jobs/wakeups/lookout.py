"""Notices what other processes changed: one look at all watched jobs, however many there are."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from sqlalchemy import select

from server.database.open import Database
from server.database.tables import jobs
from server.jobs.wakeups.in_process import InProcessWakeups
from zerokerf.errors import Unavailable

_EVERY_S = 0.5
_AT_ONCE = 500


async def look_out_forever(database: Database, wakeups: InProcessWakeups) -> NoReturn:
    """Wakes those who wait for a job of which they have not seen all, or that was deleted."""
    while True:
        await asyncio.sleep(_EVERY_S)
        with suppress(Unavailable):
            wakeups.wake_unless_known(await _last_sequences(database, wakeups.awaited()))


async def _last_sequences(database: Database, job_ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(job_ids), _AT_ONCE):
        some = jobs.c.id.in_(job_ids[start : start + _AT_ONCE])
        query = select(jobs.c.id, jobs.c.last_sequence)
        async with database.reading() as connection:
            rows = await connection.execute(query.where(some, jobs.c.deleted_at.is_(None)))
            found.update((row.id, row.last_sequence) for row in rows)
    return found
