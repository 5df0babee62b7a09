"""JSON as JavaScript writes it: text that `JSON.stringify(JSON.parse(text))` leaves as it is.

Receivers that verify a signature over the body they parsed and wrote again depend on it.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence

_MAX_INDEX = 2**32 - 2
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
#: Numbers from here on, and below the other, are written with an exponent.
_LARGE, _SMALL = 21, -7


def stringify(value: object) -> str:
    """Raises ValueError for numbers that JSON cannot hold, TypeError for what is no value of JSON."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _number(float(value))
        case str():
            return _string(value)
        case Mapping():
            return _object(value)
        case Sequence():
            return "[" + ",".join(stringify(each) for each in value) + "]"
    raise TypeError(f"{type(value)} is not a value of JSON")


def _object(members: Mapping[str, object]) -> str:
    """Keys that look like indexes come first, in ascending order; all others stay in theirs."""
    named = {_joined(name): value for name, value in members.items()}
    indexes = sorted((name for name in named if _is_index(name)), key=int)
    others = (name for name in named if not _is_index(name))
    return "{" + ",".join(f"{_string(name)}:{stringify(named[name])}" for name in (*indexes, *others)) + "}"


def _is_index(name: str) -> bool:
    return _INDEX.fullmatch(name) is not None and int(name) <= _MAX_INDEX


def _string(text: str) -> str:
    quoted = json.dumps(_joined(text), ensure_ascii=False)
    return _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _joined(text: str) -> str:
    """Halves of a character that stand side by side are that character."""
    if not _LONE_SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _number(number: float) -> str:
    if not math.isfinite(number):
        raise ValueError("JSON holds finite numbers only")
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    digits, exponent = _shortest(abs(number))
    return sign + _placed(digits, exponent)


def _shortest(number: float) -> tuple[str, int]:
    """The fewest digits that mean this number, and where its decimal point is: 0.d1d2… times ten to that."""
    mantissa, _, power = f"{number!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    return digits.rstrip("0"), len(whole) - leading + int(power or 0)


def _placed(digits: str, point: int) -> str:
    """As ECMAScript's Number::toString lays digits out."""
    if len(digits) <= point <= _LARGE:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _LARGE:
        return f"{digits[:point]}.{digits[point:]}"
    if _SMALL + 1 < point <= 0:
        return "0." + "0" * -point + digits
    exponent = f"e{point - 1:+d}"
    return digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "") + exponent
