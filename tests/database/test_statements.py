"""Statements that stand alone, and what is left of those that nobody waits for any more."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from server.database.migrate import migrate
from server.database.open import Database, open_database

ADD = text("INSERT INTO rate_limits (key, count, expires_at) VALUES (:key, 1, '2026-05-02 00:00:00')")
ADD_FOR_GOOD = text(f"{ADD.text} ON CONFLICT (key) DO UPDATE SET count = 9 RETURNING count")


async def keys(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list((await connection.execute(text("SELECT key FROM rate_limits ORDER BY key"))).scalars())


async def test_a_statement_alone_is_committed_by_itself(database: Database) -> None:
    async with database.writing_once() as connection:
        await connection.execute(ADD, {"key": "a"})
        assert await keys(database) == ["a"]

    assert await keys(database) == ["a"]


async def test_what_a_statement_returns_comes_back(database: Database) -> None:
    async with database.writing_once() as connection:
        told = await connection.execute(ADD_FOR_GOOD, {"key": "a"})
        assert (told.rowcount, told.all()) == (1, [(1,)])
    async with database.writing_once() as connection:
        assert (await connection.execute(ADD_FOR_GOOD, {"key": "a"})).all() == [(9,)]


async def test_a_statement_alone_leaves_no_trace_on_the_transactions_behind_it(database: Database) -> None:
    async with database.writing_once() as connection:
        await connection.execute(ADD, {"key": "a"})

    with suppress(ZeroDivisionError):
        async with database.writing() as connection:
            await connection.execute(ADD, {"key": "b"})
            raise ZeroDivisionError

    assert await keys(database) == ["a"]


async def test_statements_of_many_tasks_at_once_all_count(database: Database) -> None:
    async def add(number: int) -> None:
        async with database.writing_once() as connection:
            await connection.execute(ADD, {"key": f"{number:02}"})

    await asyncio.gather(*map(add, range(40)))

    assert len(await keys(database)) == 40


async def test_many_rows_go_in_one_statement(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(ADD, [{"key": "a"}, {"key": "b"}, {"key": "c"}])

    assert await keys(database) == ["a", "b", "c"]


@pytest.mark.parametrize("kind", ["writing", "writing_once"])
async def test_who_gave_up_waiting_for_the_lock_does_not_keep_it(tmp_path: Path, kind: str) -> None:
    async with open_database(f"sqlite:///{tmp_path}/records.db") as database:
        await migrate(database)

        async def write() -> None:
            async with getattr(database, kind)() as connection:
                await connection.execute(ADD, {"key": "a"})

        with closing(sqlite3.connect(tmp_path / "records.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = asyncio.create_task(write())
            await asyncio.wait([waiting], timeout=0.2)
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
            other.execute("ROLLBACK")

        async with asyncio.timeout(3), database.writing() as connection:
            await connection.execute(ADD, {"key": "b"})
        assert "b" in await keys(database)
