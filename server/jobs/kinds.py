"""The kinds of jobs there are, and how the request of each is read from its record."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

Request = TypeVar("Request")


class KindName(StrEnum):
    SPLIT = "split"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Kind(Generic[Request]):
    """`request_of` reads what `asdict` wrote, here or in another version."""

    name: KindName
    request_of: Callable[[dict[str, Any]], Request]
