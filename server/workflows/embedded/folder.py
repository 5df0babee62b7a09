"""The engine's folder: who may use it, what runs in it, what was said there last."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from zerokerf.errors import ConfigError

_LOG_ROTATED_AT_BYTES = 8 << 20
_QUOTED_BYTES = 4096
_QUOTED_LINES = 5


class EngineFolder:
    """`DATA/temporal`: database, log, lock, process id and address, readable by its owner alone."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir.absolute()
        self.path = self._data_dir / "temporal"
        self.log = self.path / "engine.log"
        self.address = self.path / "address.json"
        self._pid = self.path / "engine.pid"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Raises ConfigError if another process holds it. Freed by the system if this process dies."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            lock = os.open(self.path / "engine.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(f"The folder {self.path} cannot be used: {error.strerror}.") from error
        try:
            self._take(lock)
            yield
        finally:
            os.close(lock)

    def _take(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                f"The data folder {self._data_dir} is in use by another running service;"
                " stop that one, or set ZEROKERF_DATA_DIR to another folder."
            ) from error

    def write_pid(self, pid: int) -> None:
        self.replace(self._pid, str(pid))

    def forget_pid(self) -> None:
        self._pid.unlink(missing_ok=True)

    def left_running(self) -> psutil.Process | None:
        """The engine of an earlier, killed service that still works on a database here."""
        try:
            process = psutil.Process(int(self._pid.read_text()))
            command = process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        # The id may belong to someone else by now; only an engine names a database of this folder.
        is_ours = any(Path(argument).parent == self.path for argument in command if argument.endswith(".db"))
        return process if is_ours else None

    def open_log(self) -> tuple[int, int]:
        """A descriptor to append to, and where it starts. What is too large becomes the one older log."""
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > _LOG_ROTATED_AT_BYTES:
                self.log.replace(self.log.with_suffix(".log.1"))
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return descriptor, os.fstat(descriptor).st_size

    def last_words(self, since_bytes: int) -> str:
        """The last lines of the log, of what was written after `since_bytes`."""
        try:
            with self.log.open("rb") as log:
                end = log.seek(0, os.SEEK_END)
                log.seek(max(since_bytes, end - _QUOTED_BYTES))
                text = log.read().decode("utf-8", errors="replace")
        except OSError:
            return ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return " | ".join(lines[-_QUOTED_LINES:])

    def replace(self, path: Path, text: str) -> None:
        """In one step, and never readable by others, not even for a moment."""
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        draft.replace(path)
