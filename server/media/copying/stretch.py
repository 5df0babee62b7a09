"""Segments as ranges of their source: for stores that make one of the other without the bytes moving."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Stretch:
    """A file that is `head`, then bytes of the source as they stand there, then `tail`."""

    head: bytes
    offset: int
    size_bytes: int
    tail: bytes

    @property
    def file_bytes(self) -> int:
        return len(self.head) + self.size_bytes + len(self.tail)


@runtime_checkable
class Stretching(Protocol):
    """A copier whose segments are each one range of the source."""

    def stretch(self, first_sample: int, sample_count: int) -> Stretch:
        """What `write` would write, reading next to nothing of it."""
        ...
