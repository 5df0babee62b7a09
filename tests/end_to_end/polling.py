"""Waits for what nothing announces, up to a deadline."""

import time
from collections.abc import Callable

_WITHIN_S = 30.0
_POLL_S = 0.05


def until(is_so: Callable[[], bool], what: str, within_s: float = _WITHIN_S) -> None:
    give_up_at = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < give_up_at, f"not within {within_s:g} s: {what}"
        time.sleep(_POLL_S)
