"""Long blocking work beside the event loop, which stops when nobody waits for it any more."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


async def in_thread(work: Callable[..., Result], *args: object) -> Result:
    """Calls `work(*args, stop)`. When cancelled, `stop` is set: look at it at every chunk."""
    stop = threading.Event()
    try:
        return await asyncio.to_thread(work, *args, stop)
    finally:
        stop.set()
