"""Objects in memory, for tests: keeps every promise, for as long as the process lives."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from storage.blocks import CHUNK_BYTES, blocks
from storage.draft import save
from storage.interface import ObjectInfo, Source
from storage.keys import check_folder, check_key, check_range
from storage.threads import Threads
from zerokerf.errors import InvalidObjectKey, ObjectExists, ObjectNotFound, ObjectRangeInvalid


@dataclass(frozen=True, slots=True)
class _Kept:
    info: ObjectInfo
    data: bytes = field(repr=False)


class MemoryStore:
    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._threads = Threads(2, "memory-store")

    async def put(
        self,
        key: str,
        source: Source,
        *,
        content_type: str,  # noqa: ARG002  nobody is served from here, so a type would never be read
        if_absent: bool = False,
    ) -> ObjectInfo:
        check_key(key)
        async with aclosing(blocks(key, source, CHUNK_BYTES, self._threads)) as pieces:
            data = b"".join([await _in_turn(piece) async for piece in pieces])
        self._check_place(key, if_absent=if_absent)
        digest = hashlib.sha256(data).hexdigest()
        info = ObjectInfo(key, len(data), digest, datetime.now(UTC), digest)
        self._kept[key] = _Kept(info, data)
        return info

    async def get(
        self, key: str, *, offset: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        check_key(key)
        check_range(key, offset, length)
        data = self._find(key).data
        if offset > len(data):
            raise ObjectRangeInvalid(key, offset)
        end = len(data) if length is None else min(len(data), offset + length)
        for start in range(offset, end, CHUNK_BYTES):
            yield data[start : min(start + CHUNK_BYTES, end)]

    async def fetch(self, key: str, dest: Path) -> ObjectInfo:
        info = await self.head(key)
        async with aclosing(self.get(key)) as chunks:
            await save(chunks, dest, self._threads)
        return info

    async def head(self, key: str) -> ObjectInfo:
        check_key(key)
        return self._find(key).info

    async def list(self, prefix: str) -> AsyncGenerator[ObjectInfo, None]:
        if prefix:
            check_folder(prefix)
        for key in sorted(self._kept):
            if key.startswith(prefix) and key in self._kept:
                yield self._kept[key].info

    async def delete(self, *keys: str) -> None:
        for key in keys:
            check_key(key)
        for key in keys:
            self._kept.pop(key, None)

    async def delete_prefix(self, prefix: str) -> int:
        check_folder(prefix)
        below = [key for key in self._kept if key.startswith(prefix)]
        await self.delete(*below)
        return len(below)

    async def check(self) -> None:
        pass

    async def sweep_unfinished(self, before: datetime) -> int:  # noqa: ARG002  nothing outlives its writer here
        return 0

    async def aclose(self) -> None:
        await self._threads.aclose()

    def _find(self, key: str) -> _Kept:
        if key not in self._kept:
            raise ObjectNotFound(key)
        return self._kept[key]

    def _check_place(self, key: str, *, if_absent: bool) -> None:
        if if_absent and key in self._kept:
            raise ObjectExists(key)
        inside = any(other.startswith(f"{key}/") or key.startswith(f"{other}/") for other in self._kept)
        if inside:  # what a folder could not hold
            raise InvalidObjectKey(key)


async def _in_turn(piece: bytes) -> bytes:
    """A source that never waits must still be cancellable, as it is where real bytes are written."""
    await asyncio.sleep(0)
    return piece
