"""Asking together: few queries, and no answer that is older than its question."""

import asyncio
from collections.abc import Sequence

import pytest

from server.jobs.records.together import Together


class Slow:
    """Answers each key with the number of the query, when it is let to."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.is_asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def ask(self, keys: Sequence[str]) -> dict[str, int]:
        self.asked.append(list(keys))
        self.is_asked.set()
        number = len(self.asked)
        await self.may_answer.wait()
        if "broken" in keys:
            raise ConnectionError
        return {key: number for key in keys if key != "unknown"}


async def test_those_who_ask_at_the_same_time_share_a_query() -> None:
    slow = Slow()
    slow.may_answer.set()
    together = Together(slow.ask)

    answers = await asyncio.gather(*(together.get(key) for key in ("a", "b", "a", "unknown")))

    assert answers == [1, 1, 1, None]
    assert slow.asked == [["a", "b", "unknown"]]


async def test_who_asks_while_a_query_is_under_way_is_answered_by_the_next() -> None:
    slow = Slow()
    together = Together(slow.ask)
    first = asyncio.create_task(together.get("a"))
    await slow.is_asked.wait()

    later = [asyncio.create_task(together.get("a")) for _ in range(3)]
    await asyncio.wait(later, timeout=0.01)
    slow.may_answer.set()

    assert await first == 1
    assert await asyncio.gather(*later) == [2, 2, 2]
    assert slow.asked == [["a"], ["a"]]


async def test_who_leaves_takes_the_answer_from_nobody() -> None:
    slow = Slow()
    together = Together(slow.ask)
    leaving, staying = (asyncio.create_task(together.get("a")) for _ in range(2))
    await slow.is_asked.wait()

    leaving.cancel()
    slow.may_answer.set()

    assert await staying == 1
    assert leaving.cancelled()


@pytest.mark.parametrize("is_asked", [True, False])
async def test_a_query_whose_askers_have_all_left_is_given_up(is_asked: bool) -> None:
    slow = Slow()
    together = Together(slow.ask)
    leaving = [asyncio.create_task(together.get(key)) for key in ("a", "b")]
    await (slow.is_asked.wait() if is_asked else asyncio.sleep(0))

    for task in leaving:
        task.cancel()
    await asyncio.wait(leaving)

    assert asyncio.all_tasks() == {asyncio.current_task()}
    slow.may_answer.set()
    assert await together.get("c") == len(slow.asked)
    assert slow.asked[-1] == ["c"]


async def test_a_failure_reaches_all_who_asked_and_nobody_later() -> None:
    slow = Slow()
    slow.may_answer.set()
    together = Together(slow.ask)

    asked = asyncio.gather(together.get("broken"), together.get("a"), return_exceptions=True)

    assert [type(answer) for answer in await asked] == [ConnectionError, ConnectionError]
    assert await together.get("a") == 2


@pytest.mark.parametrize("crowd", [1, 200])
async def test_a_crowd_is_answered_by_at_most_two_queries(crowd: int) -> None:
    slow = Slow()
    together = Together(slow.ask)
    first = asyncio.create_task(together.get("first"))
    await slow.is_asked.wait()

    asking = [asyncio.create_task(together.get(str(number))) for number in range(crowd)]
    await asyncio.wait(asking, timeout=0.01)
    slow.may_answer.set()
    await asyncio.gather(first, *asking)

    assert [len(keys) for keys in slow.asked] == [1, crowd]


async def test_behind_a_crowd_those_who_come_one_after_the_other_share_a_query() -> None:
    slow = Slow()
    slow.may_answer.set()
    together = Together(slow.ask)
    await asyncio.gather(together.get("a"), together.get("b"))

    coming = []
    for key in "cdefgh":
        coming.append(asyncio.create_task(together.get(key)))
        for _ in range(3):  # rounds of the loop, as a call takes some to get here
            await asyncio.sleep(0)

    assert await asyncio.gather(*coming) == [2] * 6
    assert slow.asked == [["a", "b"], list("cdefgh")]


async def test_behind_a_crowd_nobody_waits_for_those_who_never_stop_coming() -> None:
    slow = Slow()
    slow.may_answer.set()
    together = Together(slow.ask)
    await asyncio.gather(together.get("a"), together.get("b"))

    first = asyncio.create_task(together.get("first"))
    others: list[asyncio.Task[int | None]] = []
    async with asyncio.timeout(5):
        while not first.done():
            others.append(asyncio.create_task(together.get(f"other {len(others)}")))
            await asyncio.sleep(0)

    assert await first == 2
    await asyncio.gather(*others)
