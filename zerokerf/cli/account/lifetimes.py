"""How long something is to live, and until when, as people write it."""

import re
from datetime import UTC, datetime, timedelta

from zerokerf.cli.quantities import parse_duration

_DAYS = re.compile(r"([0-9]{1,5})\s*d(?:ays?)?", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*", re.DOTALL)


def parse_lifetime(text: str) -> timedelta:
    """`30d`, or as all durations. Raises ValueError."""
    match = _DAYS.fullmatch(text.strip())
    if match is None:
        return parse_duration(text)
    if not int(match[1]):
        raise ValueError(f"{text!r} is not a duration; it must be more than zero.")
    return timedelta(days=int(match[1]))


def parse_expiry(text: str, now: datetime) -> datetime:
    """As `30d` from now on, or as `2027-03-31` or `2027-03-31T12:00`, in UTC. Raises ValueError."""
    if not _DATE.fullmatch(text.strip()):
        return now + parse_lifetime(text)
    try:
        typed = datetime.fromisoformat(text.strip())
        expiry = typed.replace(tzinfo=typed.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text[:40]!r} is not a time; write it as 2027-03-31 or 2027-03-31T12:00Z."
        ) from None
    if expiry <= now:
        raise ValueError(f"{text!r} is over already.")
    return expiry
