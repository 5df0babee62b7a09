"""Objects that the store makes of its own bytes: what they are made of, and in which parts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from storage.blocks import CHUNK_BYTES
from storage.interface import ObjectInfo

#: S3 takes no smaller part, but for the last one of an upload.
LEAST_PART_BYTES = 5 << 20
#: The store copies several of them side by side. Twice the least or more; S3 allows 5 GiB.
COPY_BYTES = 64 << 20
#: Of an upload, of which two may be for what is sent.
_MOST_COPIES = 9_998


class CannotCompose(Exception):
    """This store copies no ranges. Whoever wanted it sends the bytes instead."""


@dataclass(frozen=True, slots=True)
class StoredRange:
    """Some bytes of an object, for as long as it is the one with this ETag."""

    key: str
    offset: int
    size_bytes: int
    etag: str


@dataclass(frozen=True, slots=True)
class Composition:
    """What one object is made of, in this order. Head and tail may be empty, the body may not."""

    body: StoredRange
    head: bytes = b""
    tail: bytes = b""

    @property
    def size_bytes(self) -> int:
        return len(self.head) + self.body.size_bytes + len(self.tail)


@runtime_checkable
class Composer(Protocol):
    """A store that can do it, if its server can."""

    async def compose(self, key: str, composition: Composition, *, content_type: str) -> ObjectInfo:
        """Replace the object in one step, as `put` does. Nobody knows its SHA-256, and no sum guards head and
        tail on their way: who needs to be sure of them reads them back.

        Raises CannotCompose, ObjectNotFound, and ObjectDamaged when the source has become another object.
        """
        ...


@runtime_checkable
class Summing(Protocol):
    """A Composer that says what an S3 server calls an object that it has made whole."""

    def composed_etag(self, composition: Composition, path: Path) -> str:
        """Blocking. The ETag of a composition that is this very file, by the MD5s of its parts. Servers may
        call theirs otherwise: then nothing is known."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """`sent_bytes` of the body go with the head, because the head alone is too small for a part."""

    sent_bytes: int
    copies: Sequence[tuple[int, int]]  # offset in the source, size


def parts_of(composition: Composition, copy_bytes: int = COPY_BYTES) -> Parts:
    """As few bytes as possible are sent. What is too small to be copied is sent as a whole."""
    body = composition.body
    sent = max(0, LEAST_PART_BYTES - len(composition.head)) if composition.head else 0
    rest = body.size_bytes - sent
    if rest <= 0 or (composition.tail and rest < LEAST_PART_BYTES):
        return Parts(body.size_bytes, ())
    return Parts(sent, _even(body.offset + sent, rest, copy_bytes))


def etag_of_parts(composition: Composition, path: Path, copy_bytes: int) -> str:
    """Of an upload in the parts that `parts_of` makes, of this content."""
    parts = parts_of(composition, copy_bytes)
    tail = [len(composition.tail)] if composition.tail else []
    sizes = [len(composition.head) + parts.sent_bytes, *(size for _, size in parts.copies), *tail]
    if not parts.copies:
        sizes = [composition.size_bytes]
    with path.open("rb", buffering=0) as file:
        sums = [_md5(file, size_bytes) for size_bytes in sizes if size_bytes]
    return f"{hashlib.md5(b''.join(sums), usedforsecurity=False).hexdigest()}-{len(sums)}"


def _md5(file: BinaryIO, size_bytes: int) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    while size_bytes and (chunk := file.read(min(size_bytes, CHUNK_BYTES))):
        digest.update(chunk)
        size_bytes -= len(chunk)
    return digest.digest()


def _even(offset: int, size_bytes: int, copy_bytes: int) -> tuple[tuple[int, int], ...]:
    """None of them is much smaller than the others: only the last part of an upload may be small."""
    count = min(-(-size_bytes // copy_bytes), _MOST_COPIES)
    bounds = [size_bytes * place // count for place in range(count + 1)]
    return tuple((offset + low, high - low) for low, high in pairwise(bounds))
