"""The newest events of a job, for all who watch it."""

import asyncio
from datetime import UTC, datetime

from server.jobs.model import JobEvent, Progress
from server.jobs.states import State
from server.jobs.watching.feed import JobFeed


def events(first: int, last: int) -> list[JobEvent]:
    now = datetime.now(UTC)
    return [JobEvent("job_a", number, now, State.PROCESSING, Progress()) for number in range(first, last + 1)]


async def sequences(feed: JobFeed, cursor: int) -> list[int] | None:
    async with asyncio.timeout(5):
        behind = await feed.behind(cursor)
    return None if behind is None else [event.sequence for event in behind]


async def test_each_is_told_what_is_behind_its_own_cursor() -> None:
    feed = JobFeed(3)
    feed.add(events(4, 6))

    assert await sequences(feed, 3) == [4, 5, 6]
    assert await sequences(feed, 5) == [6]


async def test_who_is_ahead_waits_for_what_is_behind_its_cursor() -> None:
    feed = JobFeed(3)
    ahead = asyncio.create_task(sequences(feed, 5))
    for number in (4, 5, 6):
        await asyncio.sleep(0)
        assert not ahead.done()
        feed.add(events(number, number))

    assert await ahead == [6]


async def test_who_began_before_the_feed_has_to_ask_the_records() -> None:
    feed = JobFeed(3)
    feed.add(events(4, 4))

    assert await sequences(feed, 2) is None


async def test_who_fell_far_behind_has_to_ask_the_records() -> None:
    feed = JobFeed(0)
    for first in range(1, 1001, 100):
        feed.add(events(first, first + 99))

    assert await sequences(feed, 500) is None
    assert await sequences(feed, 999) == [1000]


async def test_at_its_end_it_sends_all_who_wait_to_the_records() -> None:
    feed = JobFeed(0)
    waiting = [asyncio.create_task(sequences(feed, 1)) for _ in range(2)]
    await asyncio.sleep(0)
    feed.add(events(1, 1))
    feed.end()

    assert await asyncio.gather(*waiting) == [None, None]
    assert await sequences(feed, 0) == [1]
