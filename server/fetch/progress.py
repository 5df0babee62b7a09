"""Tells how far a download is: now and then, and never backwards."""

import time
from collections.abc import Callable

OnProgress = Callable[[int, int | None], None]


class Progress:
    """Tells only of new ground, so that starting over is not seen as going back."""

    def __init__(self, tell: OnProgress, every_s: float = 0.2) -> None:
        self._tell = tell
        self._every_s = every_s
        self._told_bytes = -1
        self._due = 0.0

    def report(self, received_bytes: int, total_bytes: int | None, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if received_bytes <= self._told_bytes or (now < self._due and not at_once):
            return
        self._told_bytes, self._due = received_bytes, now + self._every_s
        self._tell(received_bytes, total_bytes)
