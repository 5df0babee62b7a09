"""Blocking calls in threads of our own: none goes on behind the back of a caller that was cancelled."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


def _nothing() -> None:
    pass


class Threads:
    """The loop's default threads are few and shared with everybody, so a store has its own."""

    def __init__(self, count: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, call: Callable[..., T], *args: object, interrupt: Callable[[], None] = _nothing) -> T:
        """When cancelled, calls `interrupt` and raises only after the thread is done with the call."""
        job = self._pool.submit(call, *args)
        outcome = asyncio.wrap_future(job)
        try:
            return await asyncio.shield(outcome)
        except asyncio.CancelledError:
            if not job.cancel():
                interrupt()
                await _settle(outcome)
            raise

    async def aclose(self) -> None:
        await asyncio.to_thread(self._pool.shutdown)


async def _settle(outcome: asyncio.Future[T]) -> None:
    """A second cancellation must not cut the wait short: the thread would still be writing."""
    while not outcome.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([outcome])
    if not outcome.cancelled():
        outcome.exception()  # looked at, so that asyncio does not report it as forgotten
