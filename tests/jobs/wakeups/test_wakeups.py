"""Changes are heard at once, also from other processes."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from server.database.open import Database, open_database
from server.jobs.model import SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from server.jobs.wakeups.open import open_wakeups
from server.jobs.wakeups.postgres import PostgresWakeups

REQUEST = SplitRequest(source_url="https://example.org/a.wav", segment_ns=10**9)
only_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


async def test_sqlite_is_heard_within_the_process(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/x.db") as database, open_wakeups(database) as wakeups:
        assert isinstance(wakeups, InProcessWakeups)
        with wakeups.waiting("job_a") as mine, wakeups.waiting("job_b") as other:
            wakeups.wake("job_a")

            assert (mine.changed.is_set(), other.changed.is_set()) == (True, False)
        wakeups.wake("job_a")


@only_postgres
async def test_a_committed_change_wakes_other_processes(database: Database, database_url: str) -> None:
    async with open_database(database_url) as elsewhere, open_wakeups(elsewhere) as heard:
        with heard.waiting("any") as listening:
            async with asyncio.timeout(10):
                await listening.changed.wait()  # everybody is woken once when it begins to listen
        records = SplitRecords(database, PostgresWakeups(database, InProcessWakeups()))
        job = await records.create("acc_a", REQUEST, None)
        with heard.waiting(job.id) as waiting:
            await records.begin(job.id)

            async with asyncio.timeout(10):
                await waiting.changed.wait()


@only_postgres
async def test_a_change_that_is_rolled_back_wakes_nobody(database: Database, database_url: str) -> None:
    async with open_database(database_url) as elsewhere, open_wakeups(elsewhere) as heard:
        sender = PostgresWakeups(database, InProcessWakeups())
        with heard.waiting("job_a") as undone, heard.waiting("job_b") as done:
            async with asyncio.timeout(10):
                await done.changed.wait()
            undone.changed.clear()
            done.changed.clear()

            with suppress(KeyError):
                async with database.writing() as connection:
                    await sender.announce(connection, "job_a")
                    raise KeyError
            async with database.writing() as connection:
                await sender.announce(connection, "job_b")

            async with asyncio.timeout(10):
                await done.changed.wait()
            assert not undone.changed.is_set()


@only_postgres
async def test_it_listens_again_after_its_connection_was_cut(database: Database, database_url: str) -> None:
    async with open_database(database_url) as elsewhere, open_wakeups(elsewhere) as heard:
        sender = PostgresWakeups(database, InProcessWakeups())
        with heard.waiting("job_a") as waiting:
            async with asyncio.timeout(10):
                await waiting.changed.wait()
            waiting.changed.clear()

            async with database.reading() as connection:
                cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                cut += " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                await connection.execute(text(cut))

            async with asyncio.timeout(20):
                await waiting.changed.wait()  # listening again, it wakes everybody
            waiting.changed.clear()
            async with database.writing() as connection:
                await sender.announce(connection, "job_a")
            async with asyncio.timeout(10):
                await waiting.changed.wait()
