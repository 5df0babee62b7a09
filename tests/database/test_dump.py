"""A dump of PostgreSQL is the records again, in a database of its own."""

from pathlib import Path

import pytest

from server.database.migrate import migrate
from server.database.open import open_database
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from tests.jobs.splits.work import new_job
from tests.services.dumps import dump, restore


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("empty_database_url", ["postgres"], indirect=True)
async def test_what_was_dumped_is_restored(
    database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    async with open_database(database_url) as database:
        job = await new_job(SplitRecords(database, InProcessWakeups()))
    file = tmp_path / "records.dump"

    await dump(database_url, file)
    await restore(empty_database_url, file)

    async with open_database(empty_database_url) as database:
        await migrate(database)
        assert await SplitRecords(database, InProcessWakeups()).load(job.id) == job
