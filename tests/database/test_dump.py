"""A dump of PostgreSQL is the records again, in a database of its own."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import make_url

from server.database.migrate import migrate
from server.database.open import open_database
from server.jobs.split_records import SplitRecords
from server.jobs.wakeups_in_process import InProcessWakeups
from tests.jobs.split_work import new_job
from tests.services.postgres import program


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("empty_database_url", ["postgres"], indirect=True)
async def test_what_was_dumped_is_restored(
    database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    async with open_database(database_url) as database:
        job = await new_job(SplitRecords(database, InProcessWakeups()))
    dump = tmp_path / "records.dump"

    await ran("pg_dump", "--format=custom", f"--file={dump}", plain(database_url))
    await ran("pg_restore", "--no-owner", f"--dbname={plain(empty_database_url)}", str(dump))

    async with open_database(empty_database_url) as database:
        await migrate(database)
        assert await SplitRecords(database, InProcessWakeups()).load(job.id) == job


async def ran(name: str, *arguments: str) -> None:
    command = [str(program(name)), *arguments]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def plain(url: str) -> str:
    """As PostgreSQL's own programs write it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
