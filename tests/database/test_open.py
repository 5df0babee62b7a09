"""Opening a database, and what its transactions promise."""

import asyncio
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from server.database.open import Database, open_database
from tests.services.postgres import running_postgres
from zerokerf.errors import ConfigError, Unavailable

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("INSERT INTO accounts (id, created_at) VALUES ('theirs', '2026-01-01 00:00:00')")
print("held", flush=True)
sys.stdin.read()
connection.execute("COMMIT")
"""
ACCOUNT = text("INSERT INTO accounts (id, created_at) VALUES (:id, '2026-01-01 00:00:00')")
#: Takes long enough to be met while it runs, and has more rows than one.
SLOW = text(
    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 800000)"
    " SELECT n, count(*) OVER () FROM numbers"
)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "records.db",
        "mysql://localhost/x",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://localhost:port/x",
        "postgresql://localhost/x?statement_cache_size=0",
    ],
)
async def test_an_address_that_cannot_work_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ConfigError):
        async with open_database(url):
            pass


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
async def test_every_spelling_of_postgresql_works(postgres: str, scheme: str) -> None:
    address = postgres.replace("postgresql://", f"{scheme}://") + "?sslmode=disable"

    async with open_database(address) as database:
        await database.check()


async def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    async def breaks() -> None:
        async with database.writing() as connection:
            await connection.execute(ACCOUNT, {"id": "a"})
            raise KeyError

    with pytest.raises(KeyError):
        await breaks()

    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM accounts")) == 0


async def test_a_cancelled_transaction_leaves_nothing_and_frees_its_turn(database: Database) -> None:
    inside = asyncio.Event()

    async def never_ends() -> None:
        async with database.writing() as connection:
            await connection.execute(ACCOUNT, {"id": "a"})
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(never_ends())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with asyncio.timeout(5), database.writing() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM accounts")) == 0


async def test_a_transaction_cancelled_within_a_statement_frees_its_lock_at_once(database: Database) -> None:
    inside = asyncio.Event()

    async def asks_at_length() -> None:
        async with database.writing() as connection:
            await connection.execute(ACCOUNT, {"id": "a"})
            inside.set()
            await connection.execute(SLOW)

    task = asyncio.create_task(asks_at_length())
    await inside.wait()
    done, _ = await asyncio.wait([task], timeout=0.2)
    assert not done
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with asyncio.timeout(5), database.writing() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM accounts")) == 0


async def test_readers_of_sqlite_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/x.db") as database:
        async with database.writing() as writer:
            await writer.execute(text("CREATE TABLE things (n INTEGER)"))
        async with database.writing() as writer:
            await writer.execute(text("INSERT INTO things VALUES (1)"))
            async with database.reading() as reader:
                assert await reader.scalar(text("SELECT count(*) FROM things")) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_writer_waits_for_another_process(database: Database, database_url: str) -> None:
    path = database_url.removeprefix("sqlite:///")
    pipe = asyncio.subprocess.PIPE
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLD, path, stdin=pipe, stdout=pipe)
    assert other.stdin is not None
    assert other.stdout is not None
    assert await other.stdout.readline() == b"held\n"

    async def write() -> int | None:
        async with database.writing() as connection:
            await connection.execute(ACCOUNT, {"id": "ours"})
            count: int | None = await connection.scalar(text("SELECT count(*) FROM accounts"))
            return count

    waiting = asyncio.create_task(write())
    await asyncio.wait([waiting], timeout=0.2)
    assert not waiting.done()
    other.stdin.close()
    await other.wait()

    assert await waiting == 2


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with open_database("postgresql://nobody@127.0.0.1:1/x") as database:
        with pytest.raises(Unavailable):
            await database.check()


async def test_a_server_that_stopped_is_unavailable() -> None:
    with running_postgres() as server:
        async with open_database(server) as database:
            await database.check()
            async with database.reading() as connection:
                await connection.execute(text("SELECT 1"))
    async with open_database(server) as database:
        with pytest.raises(Unavailable):
            await database.check()
