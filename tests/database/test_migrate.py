"""Migrations make the tables that the code works with, also when processes start together."""

import asyncio
import sys

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from server.database.migrate import migrate
from server.database.open import Database, open_database
from server.database.tables import jobs

MIGRATE = """
import asyncio, sys
from server.database.migrate import migrate
from server.database.open import open_database
async def main():
    async with open_database(sys.argv[1]) as database:
        await migrate(database)
asyncio.run(main())
"""


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), jobs.metadata))


async def test_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    async with database.reading() as connection:
        assert await connection.run_sync(_differences) == []


async def test_migrating_again_changes_nothing(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(
            text("INSERT INTO accounts (id, created_at) VALUES ('a', '2026-01-01 00:00:00')")
        )

    await migrate(database)

    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT id FROM accounts")) == "a"


async def test_processes_that_start_together_all_find_a_migrated_database(empty_database_url: str) -> None:
    async with asyncio.timeout(60):
        command = [sys.executable, "-W", "error", "-c", MIGRATE, empty_database_url]
        processes = [await asyncio.create_subprocess_exec(*command) for _ in range(3)]
        codes = await asyncio.gather(*(process.wait() for process in processes))

    assert codes == [0, 0, 0]
    async with open_database(empty_database_url) as database, database.reading() as connection:
        assert await connection.run_sync(_differences) == []


async def test_migrations_that_start_together_in_one_process_take_turns(empty_database_url: str) -> None:
    async with open_database(empty_database_url) as one, open_database(empty_database_url) as other:
        await asyncio.gather(migrate(one), migrate(other), migrate(one))

        async with one.reading() as connection:
            assert await connection.run_sync(_differences) == []


JOB_BEFORE_KINDS = """
    INSERT INTO split_jobs
        (id, account_id, state, request, progress, notes, last_sequence, created_at, clean_up_due)
    VALUES ('j', 'a', 'completed', '{}', '{}', '[]', 1, '2026-01-01 00:00:00+00:00', false)
"""
EVENT_BEFORE_KINDS = """
    INSERT INTO job_events (job_id, sequence, time, state, progress)
    VALUES ('j', 1, '2026-01-01 00:00:00+00:00', 'completed', '{}')
"""


async def test_jobs_of_an_older_version_are_kept_with_all_that_belongs_to_them(
    empty_database_url: str,
) -> None:
    async with open_database(empty_database_url) as database:
        await migrate(database, "0002")
        async with database.writing() as connection:
            await connection.execute(text(JOB_BEFORE_KINDS))
            await connection.execute(text(EVENT_BEFORE_KINDS))

        await migrate(database)

        async with database.reading() as connection:
            assert (await connection.execute(text("SELECT id, kind FROM jobs"))).one() == ("j", "split")
            assert await connection.scalar(text("SELECT count(*) FROM job_events")) == 1
