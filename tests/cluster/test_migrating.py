"""`zerokerf migrate` as a deployment runs it: on several machines at once, whatever was there before."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it carries no types
import pytest

from server.database.migrate import migrate
from server.database.open import open_database
from server.database.revision import revision_of
from tests.services.databases import empty_database_url, postgres
from tests.services.zerokerf import without_settings

__all__ = ["empty_database_url", "postgres"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("empty_database_url", ["postgres"], indirect=True),
]

AT_ONCE = 3
OLDER = "0003"
WAITING = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
_LOOK_S = 0.05


async def test_commands_that_migrate_at_once_all_end_well(empty_database_url: str) -> None:
    assert await migrated_at_once(empty_database_url) == [0] * AT_ONCE

    await check_migrated(empty_database_url)


async def test_commands_that_migrate_older_tables_at_once_all_end_well(empty_database_url: str) -> None:
    async with open_database(empty_database_url) as database:
        await migrate(database, OLDER)

    assert await migrated_at_once(empty_database_url) == [0] * AT_ONCE

    await check_migrated(empty_database_url)


async def migrated_at_once(url: str) -> list[int]:
    """All of them have begun before one of them can change a table."""
    command = [str(Path(sys.executable).with_name("zerokerf")), "migrate"]
    environment = {**without_settings(), "ZEROKERF_DATABASE_URL": url}
    async with asyncio.timeout(120):
        async with held_up(url):
            starts = (asyncio.create_subprocess_exec(*command, env=environment) for _ in range(AT_ONCE))
            started = await asyncio.gather(*starts)
        return await asyncio.gather(*(process.wait() for process in started))


@asynccontextmanager
async def held_up(url: str) -> AsyncIterator[None]:
    """Whoever changes a table meanwhile waits, and at the end as many do as were started."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE pg_catalog.pg_class IN SHARE MODE")
            yield
            while await connection.fetchval(WAITING) < AT_ONCE:  # noqa: ASYNC110  nothing announces it
                await asyncio.sleep(_LOOK_S)
    finally:
        await connection.close()


async def check_migrated(url: str) -> None:
    async with open_database(url) as database:
        revision = await revision_of(database)
    assert revision.is_wanted, revision
