"""Durations, sizes and rates as people write them, and as people read them."""

import re
from datetime import timedelta
from fractions import Fraction

_UNIT_SECONDS = {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_IN_UNITS = re.compile(
    rf"(?:({_NUMBER})\s*h(?:(?:ou)?rs?)?)?\s*"
    rf"(?:({_NUMBER})\s*m(?:in(?:ute)?s?)?(?!s))?\s*"
    rf"(?:({_NUMBER})\s*s(?:ec(?:ond)?s?)?)?\s*"
    rf"(?:({_NUMBER})\s*ms)?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?:([0-9]+):)?([0-9]+):([0-9]{2}(?:\.[0-9]+)?)")
_SIZE = re.compile(rf"({_NUMBER})\s*(?:([kmgt])(?:i?b)?|b)?", re.IGNORECASE)
_RATE = re.compile(rf"({_NUMBER})\s*(k)?", re.IGNORECASE)
_SIZE_UNITS = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_MAX_SECONDS = 10_000 * 3600
_MAX_TEXT = 64


def parse_duration(text: str) -> timedelta:
    """`90s`, `10m`, `1h30m`, `1.5h`, `250ms`, `1:30:00`, `10:00` or bare seconds. Raises ValueError."""
    seconds = _seconds(text.strip()) if len(text) <= _MAX_TEXT else None
    if seconds is None:
        raise ValueError(f"{_quoted(text)} is not a duration; write it as 90s, 10m, 1h30m or 1:30:00.")
    if seconds > _MAX_SECONDS:
        raise ValueError(f"{_quoted(text)} is too long; at most 10000 hours are possible.")
    duration = timedelta(microseconds=round(seconds * 1_000_000))
    if not duration:
        raise ValueError(f"{_quoted(text)} is not a duration; it must be more than zero.")
    return duration


def parse_size(text: str) -> int:
    """Bytes of `25MB`, `1.5 GiB`, `800k` or a bare number. MB and MiB both mean 2**20. Raises ValueError."""
    match = _SIZE.fullmatch(text.strip()) if len(text) <= _MAX_TEXT else None
    if match is None:
        raise ValueError(f"{_quoted(text)} is not a size; write it as 25MB, 1.5GB, 800k or in bytes.")
    size = int(Fraction(match[1]) * (_SIZE_UNITS[match[2].lower()] if match[2] else 1))
    if not 0 < size < 2**63:
        raise ValueError(f"{_quoted(text)} is not a possible size.")
    return size


def parse_rate(text: str) -> int:
    """`128k`, `44.1k` or a bare number, a second each; k is 1000. Raises ValueError."""
    match = _RATE.fullmatch(text.strip()) if len(text) <= _MAX_TEXT else None
    rate = Fraction(match[1]) * (1000 if match[2] else 1) if match else Fraction()
    if not 0 < rate < 2**31 or rate.denominator != 1:
        raise ValueError(f"{_quoted(text)} is not a rate; write it as 128k, 44.1k or 44100.")
    return int(rate)


def format_duration(duration: timedelta) -> str:
    """`1:02:03.250`; the fraction only where there is one, the hours always."""
    milliseconds = round(duration / timedelta(milliseconds=1))
    seconds, fraction = divmod(milliseconds, 1000)
    clock = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{clock}.{fraction:03}" if fraction else clock


def format_size(size_bytes: int) -> str:
    """`25.0 MB`, in units of 1024."""
    amount = float(size_bytes)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1023.95:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TB"


def _seconds(text: str) -> Fraction | None:
    if re.fullmatch(_NUMBER, text):
        return Fraction(text)
    if match := _CLOCK.fullmatch(text):
        return _clock_seconds(*match.groups())
    match = _IN_UNITS.fullmatch(text)
    if not text or match is None:
        return None
    amounts = (Fraction(amount or 0) for amount in match.groups())
    return sum(
        (amount * unit for amount, unit in zip(amounts, _UNIT_SECONDS.values(), strict=True)), Fraction()
    )


def _clock_seconds(hours: str | None, minutes: str, seconds: str) -> Fraction | None:
    too_many_minutes = hours is not None and (len(minutes) != 2 or int(minutes) > 59)
    if too_many_minutes or Fraction(seconds) >= 60:
        return None
    return int(hours or 0) * 3600 + int(minutes) * 60 + Fraction(seconds)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…")
