"""Does several pieces of work at once and hands out their results in order."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from typing import Any, TypeVar

Result = TypeVar("Result")
Work = Callable[[], Coroutine[Any, Any, Result]]


async def in_order(works: Iterable[Work[Result]], parallel: int) -> AsyncGenerator[Result, None]:
    """At most `parallel` run or wait to be taken: a slow taker slows the work and fills no disk.

    Close the iterator when leaving early: what still runs is then ended before `aclose` returns.
    """
    rest = iter(works)
    window: deque[asyncio.Task[Result]] = deque()

    def start_next() -> None:
        for work in rest:
            window.append(asyncio.create_task(work()))
            return

    try:
        for _ in range(max(1, parallel)):
            start_next()
        while window:
            result = await window[0]
            window.popleft()
            start_next()
            yield result
    finally:
        for task in window:
            task.cancel()
        await asyncio.gather(*window, return_exceptions=True)
