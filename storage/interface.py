"""What every object store promises, and the values it speaks in."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

#: A stream must end only when its producer succeeded, and raise when it did not: the end is what publishes.
Source = Path | bytes | AsyncIterable[bytes]


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """`etag` changes with the content and is no digest; `sha256` (hex) is known only where bytes passed."""

    key: str
    size: int
    etag: str | None
    modified: datetime | None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class SignedUrl:
    """A link for a stranger. The request must use this method and send these headers."""

    url: str
    method: str
    headers: Mapping[str, str]
    expires_at: datetime


class ObjectStore(Protocol):
    """Whole objects under string keys. Shared by many tasks at once.

    A cancelled call has stopped its work when it returns, and left neither half an object nor an open upload.
    """

    async def put(
        self, key: str, source: Source, *, content_type: str, if_absent: bool = False
    ) -> ObjectInfo:
        """Replace the object in one step: a reader sees the old one or the new one.

        A stream is closed when put returns. A file may be kept as it is: never modify it afterwards.
        With `if_absent`, exactly one of many writers wins, the others get ObjectExists; above 16 MiB, not
        every S3 server keeps that among writers that end at the same instant. After a lost reply, the
        object that exists may be the caller's own.
        """
        ...

    def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Yield the content, or the part of it that exists.

        Raises ObjectNotFound before the first chunk, ObjectRangeInvalid when `offset` lies behind the end.
        """
        ...

    async def fetch(self, key: str, dest: Path) -> ObjectInfo:
        """Make `dest` a copy of the object, whole or not at all, with its SHA-256."""
        ...

    async def head(self, key: str) -> ObjectInfo:
        """Raises ObjectNotFound."""
        ...

    def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        """All that is below the prefix, which is empty or ends with "/".

        Objects of one folder come in key order. Not every server sorts folders among the objects beside them.
        """
        ...

    async def delete(self, *keys: str) -> None:
        """Succeeds on missing objects, so a retried clean-up succeeds."""
        ...

    async def delete_prefix(self, prefix: str) -> int:
        """Delete all that is below the prefix, which ends with "/"; tells how many objects were there."""
        ...

    async def check(self) -> None:
        """Raises Unavailable when the store cannot be reached or written."""
        ...

    async def aclose(self) -> None: ...


class Sweeper(Protocol):
    async def sweep_unfinished(self, before: datetime) -> int:
        """Remove what writers that were killed left behind and began before then; tells how many."""
        ...


class UrlSigner(Protocol):
    """Makes links for one object each. `expires` is from one second to seven days, else ValueError."""

    async def sign_get(
        self, key: str, expires: timedelta, *, filename: str, content_type: str | None = None
    ) -> SignedUrl:
        """A link that saves the object as `filename`."""
        ...

    async def sign_put(self, key: str, expires: timedelta, *, content_type: str, max_size: int) -> SignedUrl:
        """A link that stores one object.

        Not every backend can enforce `max_size`: whoever reads the object must look at its size again.
        """
        ...
