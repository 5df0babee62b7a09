"""Keys speak for accounts, and nothing else does."""

import asyncio

import pytest
from sqlalchemy import text

from server.accounts.api_keys import ApiKeys
from server.accounts.bootstrap import ACCOUNT_ID, ensure_bootstrap
from server.database.open import Database
from zerokerf.errors import Unauthenticated

SECRET = "as_live_sk_0123456789012345678901234567890123456789012"


async def test_a_key_speaks_for_its_account(database: Database) -> None:
    await ensure_bootstrap(database, SECRET)

    assert await ApiKeys(database).authenticate(SECRET) == ACCOUNT_ID


@pytest.mark.parametrize(
    "secret", ["", "x", SECRET[:-1], SECRET + "x", SECRET.upper(), "x" * 10_240, "käy\0", "\ud800", "%", " "]
)
async def test_anything_else_is_turned_away(database: Database, secret: str) -> None:
    await ensure_bootstrap(database, SECRET)

    with pytest.raises(Unauthenticated):
        await ApiKeys(database).authenticate(secret)


async def test_a_key_that_is_taken_back_stops_working_within_a_second(database: Database) -> None:
    now = [100.0]
    keys = ApiKeys(database, lambda: now[0])
    await ensure_bootstrap(database, SECRET)
    await keys.authenticate(SECRET)

    async with database.writing() as connection:
        await connection.execute(text("DELETE FROM api_keys"))
    now[0] += 1

    with pytest.raises(Unauthenticated):
        await keys.authenticate(SECRET)


async def test_the_database_holds_no_secret(database: Database) -> None:
    made = await ensure_bootstrap(database, None)

    async with database.reading() as connection:
        row = (await connection.execute(text("SELECT * FROM api_keys"))).one()
    assert made is not None
    assert made not in str(row)


async def test_the_first_start_makes_a_key_and_shows_it_once(database: Database) -> None:
    made = await ensure_bootstrap(database, None)
    again = await ensure_bootstrap(database, None)

    assert made is not None
    assert made.startswith("as_live_sk_")
    assert len(made) == len("as_live_sk_") + 43
    assert again is None
    assert await ApiKeys(database).authenticate(made) == ACCOUNT_ID


async def test_a_configured_key_takes_the_place_of_the_earlier_one(database: Database) -> None:
    made = await ensure_bootstrap(database, None)

    assert await ensure_bootstrap(database, SECRET) is None
    assert await ensure_bootstrap(database, SECRET) is None

    assert await ApiKeys(database).authenticate(SECRET) == ACCOUNT_ID
    with pytest.raises(Unauthenticated):
        await ApiKeys(database).authenticate(str(made))


async def test_of_processes_that_start_together_one_makes_the_key(database: Database) -> None:
    made = await asyncio.gather(*(ensure_bootstrap(database, None) for _ in range(5)))

    keys = [key for key in made if key is not None]
    assert len(keys) == 1
    assert await ApiKeys(database).authenticate(keys[0]) == ACCOUNT_ID
