"""What was found out a moment ago, so that it need not be asked for again."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """At most so many values, each for so long. The oldest goes first."""

    def __init__(self, most: int, lives_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._lives_s = lives_s
        self._monotonic = monotonic
        self._values: dict[str, tuple[Value, float]] = {}

    def get(self, key: str) -> Value | None:
        found = self._values.get(key)
        if found is None or self._monotonic() - found[1] >= self._lives_s:
            return None
        return found[0]

    def put(self, key: str, value: Value, asked_at: float) -> None:
        """A value's life begins when it was asked for: it may have changed while it was on its way."""
        self._values.pop(key, None)
        if len(self._values) >= self._most:
            del self._values[next(iter(self._values))]
        self._values[key] = (value, asked_at)

    def forget(self, key: str) -> None:
        self._values.pop(key, None)
