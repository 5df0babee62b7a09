"""Finished files that wait for their proof: bounded in number and size, and taken all at once."""

import asyncio
from collections.abc import AsyncIterable

from server.media.segment import CutSegment

#: Proving neighbours together costs less than one by one.
MOST_SEGMENTS = 32
MOST_BYTES = 128 * 2**20


class Backlog:
    """One task fills it, another empties it. However large segments are, one always fits."""

    def __init__(self) -> None:
        self._waiting: list[CutSegment] = []
        self._changed = asyncio.Condition()
        self._is_ended = False

    async def fill(self, segments: AsyncIterable[CutSegment]) -> None:
        """Put all of them in, and say that there are no more, also when their making fails."""
        try:
            async for segment in segments:
                await self._put(segment)
        finally:
            async with self._changed:
                self._is_ended = True
                self._changed.notify_all()

    async def take(self) -> list[CutSegment]:
        """Whatever waits, in order; empty at the end."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting or self._is_ended)
            taken, self._waiting = self._waiting, []
            self._changed.notify_all()
            return taken

    async def _put(self, segment: CutSegment) -> None:
        async with self._changed:
            await self._changed.wait_for(self._has_room)
            self._waiting.append(segment)
            self._changed.notify_all()

    def _has_room(self) -> bool:
        waiting = self._waiting
        return not waiting or (
            len(waiting) < MOST_SEGMENTS and sum(segment.size_bytes for segment in waiting) < MOST_BYTES
        )
