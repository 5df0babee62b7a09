"""A fresh service has one account and one key."""

import asyncio

import pytest
from sqlalchemy import select, text, update

from server.accounts.bootstrap import ACCOUNT_ID, ensure_bootstrap
from server.accounts.key_records import KeyRecords
from server.accounts.model import ALL_SCOPES, Caller
from server.database.open import Database
from server.database.tables import accounts
from tests.accounts.tenants import START, UNLIMITED, Time, keys_at
from zerokerf.errors import ConfigError, KeyRevoked, Unauthenticated

SECRET = "as_live_sk_0123456789012345678901234567890123456789012"
OTHER = SECRET[::-1].replace(SECRET[0], "b")
OWNER = Caller(ACCOUNT_ID, UNLIMITED, ALL_SCOPES)


async def account_of(database: Database, secret: str) -> str:
    return (await keys_at(database, Time()).authenticate(secret)).account_id


async def webhook_secret(database: Database) -> object:
    async with database.reading() as connection:
        return await connection.scalar(select(accounts.c.webhook_secret))


async def test_the_first_start_makes_a_key_and_shows_it_once(database: Database) -> None:
    made = await ensure_bootstrap(database, None)
    again = await ensure_bootstrap(database, None)

    assert made is not None
    assert made.startswith("as_live_sk_")
    assert len(made) == len("as_live_sk_") + 43
    assert again is None
    assert await account_of(database, made) == ACCOUNT_ID


async def test_the_database_does_not_hold_it(database: Database) -> None:
    made = await ensure_bootstrap(database, None)

    async with database.reading() as connection:
        row = (await connection.execute(text("SELECT * FROM api_keys"))).one()
    assert made is not None
    assert made not in str(row)


async def test_a_configured_key_takes_the_place_of_the_earlier_one(database: Database) -> None:
    made = await ensure_bootstrap(database, None)

    assert await ensure_bootstrap(database, SECRET) is None
    assert await ensure_bootstrap(database, SECRET) is None

    assert await account_of(database, SECRET) == ACCOUNT_ID
    with pytest.raises(Unauthenticated):
        await account_of(database, str(made))


async def test_of_processes_that_start_together_one_makes_the_key(database: Database) -> None:
    made = await asyncio.gather(*(ensure_bootstrap(database, None) for _ in range(5)))

    keys = [key for key in made if key is not None]
    assert len(keys) == 1
    assert await account_of(database, keys[0]) == ACCOUNT_ID


async def test_account_and_key_have_names_and_a_preview(database: Database) -> None:
    await ensure_bootstrap(database, SECRET)

    (key,) = await KeyRecords(database).list(OWNER)
    async with database.reading() as connection:
        assert await connection.scalar(select(accounts.c.name)) == "Bootstrap"
    assert (key.name, key.preview) == ("Bootstrap", "as_live_sk_012...012")


async def test_little_is_shown_of_a_short_secret(database: Database) -> None:
    await ensure_bootstrap(database, "as_live_sk_abcde")

    (key,) = await KeyRecords(database).list(OWNER)
    assert key.preview == "as_live_sk_..."


async def test_a_nameless_account_of_an_earlier_release_gets_its_name(database: Database) -> None:
    await ensure_bootstrap(database, SECRET)
    async with database.writing() as connection:
        await connection.execute(update(accounts).values(name=""))

    await ensure_bootstrap(database, None)

    async with database.reading() as connection:
        assert await connection.scalar(select(accounts.c.name)) == "Bootstrap"


async def test_a_start_brings_no_revoked_key_back_unless_it_is_another(database: Database) -> None:
    await ensure_bootstrap(database, SECRET)
    await KeyRecords(database).revoke(OWNER, "key_bootstrap")

    await ensure_bootstrap(database, SECRET)
    with pytest.raises(KeyRevoked):
        await account_of(database, SECRET)

    await ensure_bootstrap(database, OTHER)
    assert await account_of(database, OTHER) == ACCOUNT_ID


async def test_a_start_opens_no_closed_account(database: Database) -> None:
    await ensure_bootstrap(database, SECRET)
    async with database.writing() as connection:
        await connection.execute(update(accounts).values(closed_at=START))

    await ensure_bootstrap(database, OTHER)

    with pytest.raises(KeyRevoked):
        await account_of(database, OTHER)


async def test_a_configured_webhook_secret_is_the_first_one_only(database: Database) -> None:
    await ensure_bootstrap(database, SECRET)
    assert await webhook_secret(database) is None

    await ensure_bootstrap(database, SECRET, webhook_secret="whsec_one")
    await ensure_bootstrap(database, SECRET, webhook_secret="whsec_two")

    assert await webhook_secret(database) == "whsec_one"


async def test_a_key_that_would_be_taken_for_a_token_is_refused(database: Database) -> None:
    with pytest.raises(ConfigError, match="ZEROKERF_BOOTSTRAP_API_KEY"):
        await ensure_bootstrap(database, "aaaaaaaa.bbbbbbbbb.cccccccc")
