"""One query for all who ask at about the same time, so that a crowd costs little more than one."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")

#: Rounds of the loop that a call may take from its arrival to its question.
_ROUNDS = 6
_MOST_PATIENCE_S = 0.005


class Together(Generic[Key, Answer]):
    """Who asks while a query is under way waits for the next one: an answer is never older than its question.

    Shared by many tasks of one event loop. Who asks alone waits for nobody. In a crowd, the next query waits
    for a few milliseconds while more keep coming: a query costs as much as many of its rows. A query whose
    askers have all left is given up.
    """

    def __init__(self, ask: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Answer]]]) -> None:
        """`ask` is given different keys and leaves out those that have no answer."""
        self._ask = ask
        self._keys: dict[Key, None] = {}
        self._next: _Query[Key, Answer] | None = None
        self._under_way: _Query[Key, Answer] | None = None
        self._is_crowd = False

    async def get(self, key: Key) -> Answer | None:
        """Raises what `ask` raised."""
        self._keys[key] = None
        if self._next is None:
            self._next = _Query(asyncio.create_task(self._ask_next(), name="ask together"))
        query = self._next
        query.askers += 1
        try:
            answers = await asyncio.shield(query.task)  # who leaves takes the answer from nobody else
        finally:
            query.askers -= 1
            if not query.askers and not query.task.done():
                await self._give_up(query)
        return answers.get(key)

    async def _ask_next(self) -> Mapping[Key, Answer]:
        if self._under_way is not None:
            await asyncio.wait({self._under_way.task})
        await asyncio.sleep(0)  # calls that have come already are about to ask too
        if self._is_crowd:
            await self._gather()
        keys, self._keys = list(self._keys), {}
        self._is_crowd = len(keys) > 1
        self._under_way, self._next = self._next, None
        return await self._ask(keys)

    async def _give_up(self, query: "_Query[Key, Answer]") -> None:
        if query is self._next:  # who comes now starts another
            self._next, self._keys = None, {}
        query.task.cancel()
        await asyncio.wait({query.task})

    async def _gather(self) -> None:
        until, count, rounds = time.monotonic() + _MOST_PATIENCE_S, 0, 0
        while rounds < _ROUNDS and time.monotonic() < until:
            await asyncio.sleep(0)
            rounds = rounds + 1 if len(self._keys) == count else 0
            count = len(self._keys)


@dataclass(slots=True)
class _Query(Generic[Key, Answer]):
    task: asyncio.Task[Mapping[Key, Answer]]
    askers: int = 0
