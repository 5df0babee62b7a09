"""Writes a download to disk and hashes it on the way, off the event loop."""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
_BATCH_BYTES = 4 << 20  # large, as every call that lets go of the GIL may wait to get it back


class FileSink:
    """A new file that only grows. One thread does everything in order, so closing cannot overtake a write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fetch-write")
        self._waiting = bytearray()
        self._writing: asyncio.Future[None] | None = None
        self._hash = hashlib.sha256()
        self._file: FileIO | None = None
        self.size_bytes = 0

    async def open(self) -> None:
        await self._do(self._create)

    async def write(self, chunk: bytes) -> None:
        """Takes the chunk; returns sooner than it is written, but never more than one batch sooner."""
        self._waiting += chunk
        self.size_bytes += len(chunk)
        if len(self._waiting) >= _BATCH_BYTES:
            await self._flush()

    async def restart(self) -> None:
        """Forget everything written so far."""
        await self._settle()
        self._waiting, self.size_bytes = bytearray(), 0
        self._hash = hashlib.sha256()
        await self._do(self._truncate)

    async def finish(self, dest: Path) -> str:
        """Put the file in its place in one step and return its SHA-256."""
        await self._flush()
        await self._settle()
        await self._do(lambda: self._publish(dest))
        self._thread.shutdown(wait=False)
        return self._hash.hexdigest()

    async def discard(self) -> None:
        """Remove the file, behind whatever is still running. Happens even if this call is cancelled."""
        removal = self._do(self._remove)
        self._thread.shutdown(wait=False)
        await asyncio.shield(removal)

    async def _flush(self) -> None:
        await self._settle()
        batch, self._waiting = self._waiting, bytearray()
        self._writing = self._do(lambda: self._append(batch))

    async def _settle(self) -> None:
        if self._writing is not None:
            await self._writing
            self._writing = None

    def _do(self, act: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, act)

    def _create(self) -> None:
        self._file = self._path.open("xb", buffering=0)

    def _append(self, batch: bytearray) -> None:
        self._hash.update(batch)
        data, written = memoryview(batch), 0
        while written < len(data):
            written += self._opened.write(data[written:])

    def _truncate(self) -> None:
        self._opened.seek(0)
        self._opened.truncate()

    def _publish(self, dest: Path) -> None:
        self._opened.close()
        self._path.replace(dest)

    def _remove(self) -> None:
        if self._file is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)

    @property
    def _opened(self) -> FileIO:
        if self._file is None:
            raise RuntimeError("open() comes first")
        return self._file
