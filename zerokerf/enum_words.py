"""The values of enums in the words that people and scripts know them by."""

from typing import Any


def enum_word(enum: Any, noun: str, value: int) -> str:  # noqa: ANN401 - any generated enum
    """The name behind the noun, in lower case. A value that this version doesn't know is its number."""
    if value not in enum.values():
        return f"{noun} {value}"
    name: str = enum.Name(value)
    return name.partition(f"{noun.upper()}_")[2].lower()
