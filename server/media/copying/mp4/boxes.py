"""Walks the boxes of an ISO base media file (ISO/IEC 14496-12, section 4.2), trusting none of their sizes."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from server.media.copying.copier import NotCopyable

_MAX_BOXES = 1024
_MAX_OF_A_KIND = 256
_MAX_TABLE_BYTES = 32 << 20  # fifty hours


class DamagedTables(NotCopyable):
    """The boxes say what the specification does not allow, or end too early."""

    def __init__(self) -> None:
        super().__init__("Its tables are damaged.")


@dataclass(frozen=True, slots=True)
class Box:
    """Its body lies from `begin` up to `end`, in bytes from the start of what was walked."""

    name: bytes
    begin: int
    end: int

    @property
    def size_bytes(self) -> int:
        return self.end - self.begin


def walk(file: BinaryIO, begin: int, end: int) -> Iterator[Box]:
    """The boxes between two offsets, one after the other. The last may claim to end after `end`.

    Stops where no box can start. Raises DamagedTables for an absurd number of boxes.
    """
    position = begin
    for _ in range(_MAX_BOXES):
        if position + 8 > end:
            return
        file.seek(position)
        box = _box_at(file.read(min(16, end - position)), position, end)
        if box is None:
            return
        yield box
        position = box.end
    raise DamagedTables


def _box_at(head: bytes, position: int, end: int) -> Box | None:
    if len(head) < 8:
        return None
    size, name = struct.unpack_from(">I4s", head)
    head_bytes = 8
    if size == 1 and len(head) == 16:
        (size,) = struct.unpack_from(">Q", head, 8)
        head_bytes = 16
    elif size == 0:
        size = end - position  # it lasts until the end
    if size < head_bytes:
        return None
    return Box(name, position + head_bytes, position + size)


class Boxes:
    """The boxes inside one box, by name. They must lie inside it."""

    def __init__(self, file: BinaryIO, parent: Box, skipped_bytes: int = 0) -> None:
        self._file = file
        self._boxes = list(walk(file, parent.begin + skipped_bytes, parent.end))
        if any(box.end > parent.end for box in self._boxes):
            raise DamagedTables

    def all(self, name: bytes) -> list[Box]:
        """In the file's order. Raises DamagedTables for an absurd number."""
        found = [box for box in self._boxes if box.name == name]
        if len(found) > _MAX_OF_A_KIND:
            raise DamagedTables
        return found

    def find(self, *names: bytes) -> Box | None:
        """The first box on a path of names."""
        found = next(iter(self.all(names[0])), None)
        if found is None or len(names) == 1:
            return found
        return Boxes(self._file, found).find(*names[1:])

    def need(self, *names: bytes) -> Box:
        found = self.find(*names)
        if found is None:
            raise DamagedTables
        return found

    def inside(self, *names: bytes, skipped_bytes: int = 0) -> "Boxes":
        """What the last of a path of boxes holds, behind so many bytes of its own."""
        return Boxes(self._file, self.need(*names), skipped_bytes)

    def every(self, name: bytes) -> "list[Boxes]":
        return [Boxes(self._file, box) for box in self.all(name)]

    def read(self, *names: bytes) -> bytes:
        return read_body(self._file, self.need(*names))

    def read_any(self, *names: bytes) -> bytes | None:
        """None where there is no such box."""
        found = self.find(*names)
        return None if found is None else read_body(self._file, found)


def read_body(file: BinaryIO, box: Box) -> bytes:
    """Raises DamagedTables for one that is too large for memory or ends after its file."""
    if box.size_bytes > _MAX_TABLE_BYTES:
        raise DamagedTables
    file.seek(box.begin)
    body = file.read(box.size_bytes)
    if len(body) < box.size_bytes:
        raise DamagedTables
    return body
