"""Where work in progress lives on disk: bounded, one folder a job, swept after a crash."""

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from zerokerf.errors import Unavailable

#: Free disk that is left alone, so that a full scratch never stops the records or the store.
FREE_FLOOR_BYTES = 256 * 2**20


class Scratch:
    """Folders of one worker. What they may hold together is bounded."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._reserved: dict[str, int] = {}

    @asynccontextmanager
    async def folder(self, name: str) -> AsyncIterator["ScratchFolder"]:
        """A fresh folder that is gone with all its content on the way out."""
        path = self._folder / name
        await asyncio.to_thread(_renew, path)
        try:
            yield ScratchFolder(path, name, self)
        finally:
            self._reserved.pop(name, None)
            await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)

    def reserve(self, name: str, size_bytes: int) -> None:
        """Claim room for a folder, replacing its earlier claim. Raises Unavailable when there is none now."""
        others = sum(size for other, size in self._reserved.items() if other != name)
        grows_by = size_bytes - self._reserved.get(name, 0)
        if others + size_bytes > self._max_bytes or self._free() - grows_by < FREE_FLOOR_BYTES:
            raise Unavailable("Scratch space for work in progress")
        self._reserved[name] = size_bytes

    def _free(self) -> int:
        return shutil.disk_usage(self._folder).free


class ScratchFolder:
    def __init__(self, path: Path, name: str, scratch: Scratch) -> None:
        self.path = path
        self._name = name
        self._scratch = scratch

    def reserve(self, size_bytes: int) -> None:
        self._scratch.reserve(self._name, size_bytes)


@contextmanager
def open_scratch(root: Path, max_bytes: int) -> Iterator[Scratch]:
    """This worker's scratch, locked for its life. What dead workers left behind is removed first."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    sweep(root)
    name = f"{os.getpid()}-{os.urandom(4).hex()}"
    new, mine = root / f"new-{name}", root / f"worker-{name}"
    new.mkdir(mode=0o700)
    lock = os.open(new / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        new.rename(mine)  # sweepers look only at folders whose lock is already held
        yield Scratch(mine, max_bytes)
    finally:
        shutil.rmtree(mine, ignore_errors=True)
        os.close(lock)


def sweep(root: Path) -> int:
    """Remove the folders of workers that live no longer; the number removed."""
    removed = 0
    for folder in root.glob("worker-*"):
        if _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _is_abandoned(folder: Path) -> bool:
    # The lock of a dead process is free, whoever has its process id now.
    try:
        lock = os.open(folder / ".lock", os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(lock)


def _renew(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True, mode=0o700)
