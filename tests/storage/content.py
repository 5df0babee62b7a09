"""Sources to put and ways to look at what was stored."""

import hashlib
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from storage.interface import ObjectStore
from storage.open_store import OpenedStore

MIB = 1 << 20


def noise(size_bytes: int) -> bytes:
    return random.Random(size_bytes).randbytes(size_bytes)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def chunks(data: bytes, chunk_bytes: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), chunk_bytes):
        yield data[start : start + chunk_bytes]


async def read(store: ObjectStore, key: str, offset: int = 0, length: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.get(key, offset=offset, length=length)])


async def keys(store: ObjectStore, prefix: str = "") -> list[str]:
    return [info.key async for info in store.list(prefix)]


async def unfinished(opened: OpenedStore) -> int:
    """How many half-written objects lie about. Counting removes them."""
    return await opened.sweeper.sweep_unfinished(datetime.now(UTC) + timedelta(hours=1))
