"""Watching a job: its events in order, without gaps, from any point on."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from server.jobs.model import JobEvent
from server.jobs.records.jobs import JobRecords
from server.jobs.wakeups.open import Wakeups
from server.jobs.watching.feed import JobFeed
from zerokerf.errors import ZerokerfError

_PAGE = 100
#: Wake-ups are expected to arrive; this is for the day they do not.
_LOOK_AGAIN_S = 10


class JobEvents:
    """New events of a job are read once, however many watch it. Shared by many tasks of one event loop."""

    def __init__(self, records: JobRecords[Any], wakeups: Wakeups) -> None:
        self._records = records
        self._wakeups = wakeups
        self._followed: dict[str, _Followed] = {}

    async def watch(
        self, account_id: str, job_id: str, after_sequence: int
    ) -> AsyncGenerator[JobEvent, None]:
        """Every event behind the cursor, then each new one; ends after the final state's event.

        Raises JobNotFound, also when the job is deleted meanwhile; InvalidParams for an impossible cursor.
        """
        while True:
            state, events = await self._records.events(account_id, job_id, after_sequence, _PAGE)
            for event in events:
                yield event
                after_sequence = event.sequence
            if (events[-1].state if events else state).is_final:
                return
            if len(events) == _PAGE:
                continue
            async with self._following(account_id, job_id, after_sequence) as feed:
                while news := await feed.behind(after_sequence):
                    for event in news:
                        yield event
                        after_sequence = event.sequence
                    if news[-1].state.is_final:
                        return

    @asynccontextmanager
    async def _following(self, account_id: str, job_id: str, after_sequence: int) -> AsyncIterator[JobFeed]:
        """The feed of a job of this account. Who comes first starts it, who leaves last ends it."""
        followed = self._followed.get(job_id)
        if followed is None:
            feed = JobFeed(after_sequence)
            reading = asyncio.create_task(self._read_on(feed, account_id, job_id), name="feed")
            followed = self._followed[job_id] = _Followed(feed, reading)
        followed.by += 1
        try:
            yield followed.feed
        finally:
            followed.by -= 1
            if not followed.by:
                self._forget(job_id, followed.feed)
                followed.reading.cancel()
                await asyncio.wait({followed.reading})

    async def _read_on(self, feed: JobFeed, account_id: str, job_id: str) -> None:
        try:
            with (
                self._wakeups.waiting(job_id) as awaited,
                suppress(ZerokerfError),
            ):  # who follows asks, and is told
                while True:
                    awaited.changed.clear()
                    events = await self._records.news(account_id, job_id, feed.last_sequence, _PAGE)
                    feed.add(events)
                    awaited.last_sequence = feed.last_sequence
                    if len(events) < _PAGE:  # what came after the look has set the flag
                        await _wait(awaited.changed)
        finally:
            self._forget(job_id, feed)
            feed.end()

    def _forget(self, job_id: str, feed: JobFeed) -> None:
        """Who comes now starts another."""
        followed = self._followed.get(job_id)
        if followed is not None and followed.feed is feed:
            del self._followed[job_id]


@dataclass(slots=True)
class _Followed:
    feed: JobFeed
    reading: asyncio.Task[None]
    by: int = 0


async def _wait(changed: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_AGAIN_S):
            await changed.wait()
