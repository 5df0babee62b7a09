"""PostgreSQL's own programs for backups, as an operator runs them."""

import asyncio
import subprocess
from pathlib import Path

from sqlalchemy import make_url

from tests.services.postgres import program


async def dump(url: str, file: Path) -> None:
    await _ran("pg_dump", "--format=custom", f"--file={file}", _plain(url))


async def restore(url: str, file: Path) -> None:
    """Into an empty database."""
    await _ran("pg_restore", "--no-owner", f"--dbname={_plain(url)}", str(file))


async def _ran(name: str, *arguments: str) -> None:
    command = [str(program(name)), *arguments]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _plain(url: str) -> str:
    """As PostgreSQL's own programs write it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
