"""JSON objects that clients keep with their jobs: what of them can be stored and given back as it was."""

import json
from typing import Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

from server.api.validation import MAX_METADATA_BYTES, MAX_NUMBER
from zerokerf.errors import InvalidParams

_TRACKED = {
    "title": "a string",
    "reference": "a string",
    "tags": "a list of strings",
    "details": "a string or an object",
}


def json_object(struct: Struct, field: str) -> dict[str, Any]:
    """Of any depth that a message can have. Raises InvalidParams."""
    try:
        found: dict[str, Any] = _kept(json_format.MessageToDict(struct), field)
    except ValueError:
        raise InvalidParams({field: f"Numbers in {field} must be finite."}) from None
    size_bytes = len(json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode())
    if size_bytes > MAX_METADATA_BYTES:
        sentence = f"At most {MAX_METADATA_BYTES} bytes of JSON are kept as {field}, not {size_bytes}."
        raise InvalidParams({field: sentence})
    return found


def json_struct(found: dict[str, Any]) -> Struct:
    return json_format.ParseDict(found, Struct())


def tracking_object(struct: Struct) -> dict[str, Any]:
    """Members that are documented have their types; others are kept as they are. Raises InvalidParams."""
    found = json_object(struct, "tracking")
    violations = {
        f"tracking.{name}": f"{name} must be {kind}."
        for name, kind in _TRACKED.items()
        if name in found and not _is_tracked(name, found[name])
    }
    if violations:
        raise InvalidParams(violations)
    return found


def _is_tracked(name: str, value: object) -> bool:
    match name:
        case "tags":
            return isinstance(value, list) and all(isinstance(each, str) for each in value)
        case "details":
            return isinstance(value, str | dict)
    return isinstance(value, str)


def _kept(value: Any, field: str) -> Any:  # noqa: ANN401  JSON is of any type
    """With whole numbers as such, which messages do not tell from others."""
    match value:
        case dict():
            return {_text(name, field): _kept(each, field) for name, each in value.items()}
        case list():
            return [_kept(each, field) for each in value]
        case str():
            return _text(value, field)
        case float():
            return _number(value, field)
    return value


def _text(text: str, field: str) -> str:
    if "\0" in text:
        raise InvalidParams({field: f"In {field} is a NUL character, which cannot be kept."})
    return text


def _number(number: float, field: str) -> float:
    if abs(number) > MAX_NUMBER:
        sentence = f"A number in {field} cannot be kept exactly; send it as a string."
        raise InvalidParams({field: sentence})
    return int(number) if number.is_integer() else number
