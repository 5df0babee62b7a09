"""What runs beside the rest of a process, and what ends it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


class Stopped:
    """Set when the process should end: by a signal, or by a part that failed, whose error then surfaces."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._error: BaseException | None = None

    def stop(self, error: BaseException | None = None) -> None:
        self._error = self._error or error
        self._event.set()

    async def wait(self) -> None:
        await self._event.wait()
        if self._error is not None:
            raise self._error


@asynccontextmanager
async def owned(work: Coroutine[Any, Any, None], name: str, stopped: Stopped) -> AsyncIterator[None]:
    """Run beside the block; end with it. A failure stops the process instead of passing unseen."""
    task = asyncio.create_task(work, name=name)

    def surface(done: asyncio.Task[None]) -> None:
        if not done.cancelled() and done.exception() is not None:
            stopped.stop(done.exception())

    task.add_done_callback(surface)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
