"""A fresh, migrated database for a test, on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from server.database.migrate import migrate
from server.database.open import Database, open_database
from tests.services.postgres import running_postgres

_TEMPLATE = "migrated"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A server whose database `migrated` is a template for others."""
    with running_postgres() as url:
        with ThreadPoolExecutor(1) as thread:  # a test's loop may be running in this one
            thread.submit(asyncio.run, _make_template(url)).result()
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database of the test's own."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/records.db"
        await _migrate(url)
        return url
    server: str = request.getfixturevalue("postgres")
    return await _new_database(server, f"TEMPLATE {_TEMPLATE}")


@pytest.fixture(params=["sqlite", "postgres"])
async def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/records.db"
    server: str = request.getfixturevalue("postgres")
    return await _new_database(server, "")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url) as database:
        yield database


async def _make_template(server: str) -> None:
    await _execute(server, f"CREATE DATABASE {_TEMPLATE}")
    await _migrate(_sibling(server, _TEMPLATE))


async def _new_database(server: str, options: str) -> str:
    name = f"test_{uuid4().hex}"
    await _execute(server, f"CREATE DATABASE {name} {options}")
    return _sibling(server, name)


async def _migrate(url: str) -> None:
    async with open_database(url) as database:
        await migrate(database)


async def _execute(server: str, statement: str) -> None:
    address = server.replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(address, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def _sibling(server: str, name: str) -> str:
    return server.rpartition("/")[0] + f"/{name}"
