"""The periods that usage is counted in: calendar months, UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from zerokerf.errors import InvalidParams

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
#: The last year whose months all end before time does.
_LAST_YEAR = 9998


@dataclass(frozen=True, slots=True)
class Month:
    """From its first instant up to, and without, that of the next."""

    start: datetime
    end: datetime


def month_of(now: datetime) -> Month:
    return _month(now.year, now.month)


def period_month(period: str, now: datetime) -> Month:
    """The month that "current", "previous" or such as "2026-05" means. Raises InvalidParams for others."""
    if period in ("current", ""):
        return month_of(now)
    if period == "previous":
        return _month(now.year - (now.month == 1), (now.month - 2) % 12 + 1)
    return _named(period)


def _named(period: str) -> Month:
    named = _MONTH.fullmatch(period)
    year, month = (int(named[1]), int(named[2])) if named else (0, 0)
    if not (1 <= year <= _LAST_YEAR and 1 <= month <= 12):
        raise InvalidParams({"period": "The period is current, previous or a month such as 2026-05."})
    return _month(year, month)


def _month(year: int, month: int) -> Month:
    end = (year + 1, 1) if month == 12 else (year, month + 1)
    return Month(datetime(year, month, 1, tzinfo=UTC), datetime(*end, 1, tzinfo=UTC))
