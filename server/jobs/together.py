"""One query for all who ask at about the same time, so that a crowd costs little more than one."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class Together(Generic[Key, Answer]):
    """Who asks while a query is under way waits for the next one: an answer is never older than its question.

    Shared by many tasks of one event loop. Who asks alone waits for nobody.
    """

    def __init__(self, ask: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Answer]]]) -> None:
        """`ask` is given different keys and leaves out those that have no answer."""
        self._ask = ask
        self._keys: dict[Key, None] = {}
        self._next: asyncio.Task[Mapping[Key, Answer]] | None = None
        self._under_way: asyncio.Task[Mapping[Key, Answer]] | None = None

    async def get(self, key: Key) -> Answer | None:
        """Raises what `ask` raised."""
        self._keys[key] = None
        if self._next is None:
            self._next = asyncio.create_task(self._ask_next(), name="ask together")
        answers = await asyncio.shield(self._next)  # who leaves takes the answer from nobody else
        return answers.get(key)

    async def _ask_next(self) -> Mapping[Key, Answer]:
        if self._under_way is not None:
            await asyncio.wait({self._under_way})
        await asyncio.sleep(0)  # calls that have come already are about to ask too
        keys, self._keys = list(self._keys), {}
        self._under_way, self._next = self._next, None
        return await self._ask(keys)
