"""Free-form JSON of clients as google.protobuf.Struct, and back."""

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value

from gateway.bodies import MAX_SAFE_INTEGER
from zerokerf.errors import InvalidParams

#: Each level of JSON takes three of the hundred that a message may nest.
MAX_DEPTH = 24


def to_struct(name: str, fields: Mapping[str, object]) -> Struct:
    """Raises InvalidParams, naming the field, for what the wire cannot carry exactly."""
    return _struct(name, fields, MAX_DEPTH)


def from_struct(struct: Struct) -> dict[str, Any]:  # Any: JSON of every shape
    """In the order of names: the wire does not keep the order they were given in."""
    return {name: _json(struct.fields[name]) for name in sorted(struct.fields)}


def _struct(name: str, fields: Mapping[str, object], depth: int) -> Struct:
    return Struct(fields={key: _value(name, value, depth) for key, value in fields.items()})


def _value(name: str, value: object, depth: int) -> Value:
    if depth == 0:
        raise InvalidParams({name: f"Must not be nested more than {MAX_DEPTH} levels deep."})
    match value:
        case None:
            return Value(null_value=NULL_VALUE)
        case bool():
            return Value(bool_value=value)
        case str():
            return Value(string_value=value)
        case dict():
            return Value(struct_value=_struct(name, value, depth - 1))
        case list():
            values = [_value(name, each, depth - 1) for each in value]
            return Value(list_value=ListValue(values=values))
        case int() | float() | Decimal():
            return Value(number_value=_number(name, value))
    raise TypeError(f"{type(value)} is not a value of JSON")


def _number(name: str, number: float | Decimal) -> float:
    if isinstance(number, int) and abs(number) > MAX_SAFE_INTEGER:
        raise InvalidParams({name: f"The number {_shown(number)} cannot be kept exactly; send a string."})
    if not isfinite(kept := float(number)):
        raise InvalidParams({name: "A number is too large."})
    return kept


def _shown(number: int) -> str:
    return str(number) if abs(number) < 10**30 else "that is given"


def _json(value: Value) -> object:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() and abs(number) <= MAX_SAFE_INTEGER else number
        case "struct_value":
            return from_struct(value.struct_value)
        case "list_value":
            return [_json(each) for each in value.list_value.values]
        case _:
            return None
