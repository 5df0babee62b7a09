"""A small disk for scratch, which can be filled to its last byte; only root can mount one."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SIZE_BYTES = 1 << 30
_CHUNK = b"\0" * (1 << 20)


class ScratchDisk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self._balloon = folder / "balloon"

    def fill(self) -> None:
        with self._balloon.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(_CHUNK):
                pass

    def empty(self) -> None:
        self._balloon.unlink(missing_ok=True)


@contextmanager
def scratch_disk(folder: Path) -> Iterator[ScratchDisk | None]:
    """None where no disk can be mounted."""
    folder.mkdir(parents=True)
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", f"size={_SIZE_BYTES}", "zerokerf-scratch", str(folder)]
    if (
        mount is None
        or os.geteuid() != 0
        or subprocess.run(command, check=False, capture_output=True).returncode
    ):
        yield None
        return
    try:
        yield ScratchDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
