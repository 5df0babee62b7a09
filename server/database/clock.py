"""The time that records carry."""

from collections.abc import Callable
from datetime import UTC, datetime

#: Returns an aware time in UTC.
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)
