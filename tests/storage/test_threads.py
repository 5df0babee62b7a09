"""Blocking calls: a cancelled caller is told only when nothing goes on any more."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from storage.threads import Threads


@pytest.fixture
async def threads() -> AsyncIterator[Threads]:
    threads = Threads(1, "test")
    yield threads
    await threads.aclose()


class Work:
    """A blocking call that tells when it runs and ends when it is let go."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.running = asyncio.Event()
        self.let_go = threading.Event()
        self.done = False

    def __call__(self) -> str:
        self.loop.call_soon_threadsafe(self.running.set)
        self.let_go.wait(30)
        self.done = True
        return "result"


async def _turns_of_the_loop() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_results_and_errors_come_back(threads: Threads) -> None:
    assert await threads.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await threads.run(divmod, 7, 0)


async def test_a_cancelled_call_is_waited_for_however_often_it_is_cancelled(threads: Threads) -> None:
    work = Work()
    task = asyncio.create_task(threads.run(work))
    await work.running.wait()

    for _ in range(3):
        task.cancel()
        await _turns_of_the_loop()
        assert not task.done()
    work.let_go.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert work.done


async def test_a_call_can_be_interrupted_when_it_is_cancelled(threads: Threads) -> None:
    work = Work()
    task = asyncio.create_task(threads.run(work, interrupt=work.let_go.set))
    await work.running.wait()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert work.done


async def test_a_call_that_waits_for_a_thread_is_cancelled_at_once_and_never_made(threads: Threads) -> None:
    busy, waiting = Work(), Work()
    first = asyncio.create_task(threads.run(busy))
    await busy.running.wait()
    second = asyncio.create_task(threads.run(waiting))
    await _turns_of_the_loop()

    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    busy.let_go.set()

    assert await first == "result"
    assert not waiting.done
