"""A file that is being written: hidden until it is moved into place, gone if it never is."""

import hashlib
import os
import stat
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from storage.threads import Threads

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KNOWN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Draft:
    """Every method blocks. Closing is always right, also before opening and after the move."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f".{uuid.uuid4().hex}.part"
        self.size_bytes = 0
        self._digest = hashlib.sha256()
        self._adopted = False
        self._fd = -1

    @property
    def sha256(self) -> str | None:
        """Of what was written; an adopted file was not read."""
        return None if self._adopted else self._digest.hexdigest()

    def open(self) -> None:
        self._fd = os.open(self.path, _NEW, 0o640)

    def adopt(self, file: Path) -> bool:
        """Become a second name of a finished file; False where that cannot be."""
        with suppress(OSError):
            self.path.hardlink_to(file)
            self._fd = os.open(self.path, _KNOWN)
            status = os.fstat(self._fd)
            if stat.S_ISREG(status.st_mode):
                self.size_bytes = status.st_size
                self._adopted = True
                return True
        self.close()
        return False

    def write(self, block: bytes) -> None:
        self._digest.update(block)
        self.size_bytes += len(block)
        rest = memoryview(block)
        while rest:
            rest = rest[os.write(self._fd, rest) :]

    def sync(self) -> os.stat_result:
        os.fsync(self._fd)
        return os.fstat(self._fd)

    def move_to(self, dest: Path) -> None:
        self.path.replace(dest)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self.path.unlink(missing_ok=True)


async def save(chunks: AsyncIterator[bytes], dest: Path, threads: Threads) -> Draft:
    """The draft that `dest` now is. On failure `dest` is as it was."""
    draft = Draft(dest.parent)
    try:
        await threads.run(draft.open)
        async for chunk in chunks:
            await threads.run(draft.write, chunk)
        await threads.run(draft.move_to, dest)
    finally:
        await threads.run(draft.close)
    return draft
