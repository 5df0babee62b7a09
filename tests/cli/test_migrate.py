"""`zerokerf migrate` makes the tables and leaves, also when several do it at once."""

import asyncio
import sys

from server.database.open import open_database
from server.database.revision import revision_of
from tests.services.databases import empty_database_url, postgres
from tests.services.zerokerf import without_settings

__all__ = ["empty_database_url", "postgres"]


async def migrating(url: str) -> tuple[int, str]:
    environment = {**without_settings(), "ZEROKERF_DATABASE_URL": url}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "zerokerf", "migrate"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_two_that_start_at_once_make_the_tables_once(empty_database_url: str) -> None:
    ended = await asyncio.gather(migrating(empty_database_url), migrating(empty_database_url))

    assert set(ended) == {(0, "The database has the tables of this version.\n")}
    async with open_database(empty_database_url) as database:
        assert (await revision_of(database)).is_wanted


async def test_a_database_that_is_away_is_a_clear_sentence() -> None:
    code, said = await migrating("postgresql://nobody:secret-word@127.0.0.1:9/none")

    assert code == 6
    assert "Error: " in said
    assert "secret-word" not in said
    assert "Traceback" not in said
