"""How soon a job's work is taken up, in words."""

from collections.abc import Mapping
from typing import Literal

from zerokerf.enum_words import enum_word
from zerokerf.errors import InvalidParams
from zerokerf.v1.priority_pb2 import PRIORITY_BULK, PRIORITY_INTERACTIVE, Priority

PriorityName = Literal["interactive", "bulk"]

_VALUES: Mapping[str, "Priority.ValueType"] = {"interactive": PRIORITY_INTERACTIVE, "bulk": PRIORITY_BULK}


def priority_value(name: PriorityName) -> "Priority.ValueType":
    """Raises InvalidParams for any other word."""
    if name not in _VALUES:
        raise InvalidParams({"priority": f"{name!r} is not one of {', '.join(_VALUES)}."})
    return _VALUES[name]


def priority_name(value: "Priority.ValueType") -> str:
    """What is unspecified is interactive."""
    return enum_word(Priority, "priority", value or PRIORITY_INTERACTIVE)
