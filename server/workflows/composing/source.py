"""An object as a file in scratch that is as long as the object, and filled only where somebody looks."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from server.media.copying.opened import created
from server.media.wav import WavHeader, WavHeaderError, read_header
from storage.interface import ObjectInfo, ObjectStore

#: Where formats are recognised and headers lie; a longer header makes a file not worth the trouble.
START_BYTES = 1 << 20
#: Chunks behind the samples: names, chapters, a cover.
_MOST_END_BYTES = 16 << 20
_STARTS = (b"RIFF", b"RF64", b"riff")


class Hollow:
    """What was not filled reads as zeros, so nothing may be made of it."""

    def __init__(self, store: ObjectStore, info: ObjectInfo, path: Path) -> None:
        self._store = store
        self.info = info
        self.path = path
        self._filled: set[tuple[int, int]] = set()

    async def make(self) -> None:
        await asyncio.to_thread(_make, self.path, self.info.size)

    def chunks(self, offset: int, size_bytes: int) -> AsyncIterator[bytes]:
        return self._store.get(self.info.key, offset=offset, length=size_bytes)

    async def read(self, offset: int, size_bytes: int) -> bytes:
        return await read_range(self._store, self.info.key, offset, size_bytes)

    async def fill(self, offset: int, size_bytes: int) -> None:
        """Reads this much of the object, unless it has been read in this very piece."""
        if (offset, size_bytes) in self._filled:
            return
        position = offset
        async for chunk in self.chunks(offset, size_bytes):
            await asyncio.to_thread(_write, self.path, chunk, position)
            position += len(chunk)
        self._filled.add((offset, size_bytes))


async def open_hollow_wav(store: ObjectStore, key: str, path: Path) -> Hollow | None:
    """All of a WAV but its samples; None for anything else, and for samples that are not plain PCM."""
    hollow = Hollow(store, await store.head(key), path)
    await hollow.make()
    await hollow.fill(0, min(START_BYTES, hollow.info.size))
    header = await asyncio.to_thread(_header, path)
    if header is None or header.sample_format is None or header.data_offset > START_BYTES:
        return None
    end = header.data_offset + header.found_bytes
    if hollow.info.size - end > _MOST_END_BYTES:
        return None
    if end < hollow.info.size:
        await hollow.fill(end, hollow.info.size - end)
    return hollow


async def is_wav(store: ObjectStore, key: str) -> bool:
    return await read_range(store, key, 0, 4) in _STARTS


async def read_range(store: ObjectStore, key: str, offset: int, size_bytes: int) -> bytes:
    """Some megabytes at most."""
    return b"".join([chunk async for chunk in store.get(key, offset=offset, length=size_bytes)])


async def begins_with(store: ObjectStore, key: str, expected: bytes) -> bool:
    """All of it is read, and none of it kept."""
    is_alike, position = True, 0
    async for chunk in store.get(key, offset=0, length=len(expected)):
        is_alike = is_alike and expected.startswith(chunk, position)  # without a copy, where slices make one
        position += len(chunk)
    return is_alike and position == len(expected)


def _make(path: Path, size_bytes: int) -> None:
    with created(path) as file:
        os.ftruncate(file, size_bytes)


def _write(path: Path, data: bytes, offset: int) -> None:
    with path.open("r+b", buffering=0) as file:
        file.seek(offset)
        file.write(data)


def _header(path: Path) -> WavHeader | None:
    try:
        return read_header(path)
    except WavHeaderError:
        return None
