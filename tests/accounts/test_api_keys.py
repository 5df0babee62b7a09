"""Keys speak for accounts, and nothing else does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from server.accounts.bootstrap import ACCOUNT_ID, ensure_bootstrap
from server.accounts.key_creation import KeyWish
from server.accounts.key_records import KeyChanges
from server.accounts.model import ALL_SCOPES, Scope
from server.database.open import Database, open_database
from tests.accounts.tenants import (
    DAY,
    SMALL,
    Time,
    bearer,
    close_account,
    keys_at,
    make_account,
    records_at,
)
from zerokerf.errors import KeyRevoked, Unauthenticated

SECRET = "as_live_sk_0123456789012345678901234567890123456789012"


class Queries:
    """How many statements a database was sent."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        event.listen(database.engine.sync_engine, "before_cursor_execute", self._add)

    def _add(self, *_: object) -> None:
        self.count += 1


@pytest.fixture
async def elsewhere(database: Database, database_url: str) -> AsyncIterator[Database]:
    """The same records as another process sees them."""
    async with open_database(database_url) as other:
        yield other


async def test_a_key_speaks_for_its_account_with_its_scopes_and_plan(database: Database) -> None:
    time = Time()
    owner = await make_account(database, "acc_a", SMALL)
    wish = KeyWish("CI", frozenset({Scope.SPLITS_READ}), is_test=True)
    made = await records_at(database, time).create(owner, wish)

    caller = await keys_at(database, time).authenticate(made.secret)

    assert caller == bearer(made.key, SMALL)
    assert (caller.scopes, caller.is_test) == (frozenset({Scope.SPLITS_READ}), True)


async def test_a_key_made_before_there_were_scopes_has_every_one(database: Database) -> None:
    await ensure_bootstrap(database, SECRET)

    caller = await keys_at(database, Time()).authenticate(SECRET)

    assert (caller.account_id, caller.scopes) == (ACCOUNT_ID, ALL_SCOPES)


@pytest.mark.parametrize(
    "secret", ["", "x", SECRET[:-1], SECRET + "x", SECRET.upper(), "x" * 10_240, "käy\0", "\ud800", "%", " "]
)
async def test_anything_else_is_turned_away(database: Database, secret: str) -> None:
    await ensure_bootstrap(database, SECRET)

    with pytest.raises(Unauthenticated) as raised:
        await keys_at(database, Time()).authenticate(secret)

    assert raised.type is Unauthenticated


async def test_a_revoked_key_stops_working_everywhere_within_a_second(
    database: Database, elsewhere: Database
) -> None:
    time = Time()
    owner = await make_account(database, "acc_a")
    records, far = records_at(database, time), keys_at(elsewhere, time)
    made = await records.create(owner, KeyWish("CI"))
    await far.authenticate(made.secret)

    await records.revoke(owner, made.key.id)
    time.pass_(timedelta(seconds=1))

    with pytest.raises(KeyRevoked):
        await far.authenticate(made.secret)


async def test_the_old_secret_of_a_renewed_key_is_unknown_and_the_new_one_works(
    database: Database, elsewhere: Database
) -> None:
    time = Time()
    owner = await make_account(database, "acc_a")
    records, far = records_at(database, time), keys_at(elsewhere, time)
    made = await records.create(owner, KeyWish("CI"))
    await far.authenticate(made.secret)

    renewed = await records.rotate(owner, made.key.id)
    time.pass_(timedelta(seconds=1))

    assert (await far.authenticate(renewed.secret)).key_id == made.key.id
    with pytest.raises(Unauthenticated) as raised:
        await far.authenticate(made.secret)
    assert raised.type is Unauthenticated


async def test_what_ends_in_the_same_process_ends_at_once(database: Database) -> None:
    time = Time()
    owner = await make_account(database, "acc_a")
    keys = keys_at(database, time)
    records = records_at(database, time, keys)
    made = await records.create(owner, KeyWish("CI"))
    await keys.authenticate(made.secret)

    await records.revoke(owner, made.key.id)

    with pytest.raises(KeyRevoked):
        await keys.authenticate(made.secret)


async def test_a_key_expires_at_its_moment_even_if_it_is_remembered(database: Database) -> None:
    time = Time()
    owner = await make_account(database, "acc_a")
    keys = keys_at(database, time)
    made = await records_at(database, time).create(owner, KeyWish("CI", expires_at=time.now + DAY))
    time.now += DAY - timedelta(microseconds=1)
    await keys.authenticate(made.secret)

    time.now += timedelta(microseconds=1)

    with pytest.raises(Unauthenticated, match="expired") as raised:
        await keys.authenticate(made.secret)
    assert raised.value.reason == "UNAUTHORIZED"


async def test_a_key_whose_expiry_is_taken_off_works_again(database: Database) -> None:
    time = Time()
    owner = await make_account(database, "acc_a")
    records = records_at(database, time)
    made = await records.create(owner, KeyWish("CI", expires_at=time.now + DAY))
    time.pass_(2 * DAY)

    await records.update(owner, made.key.id, KeyChanges(never_expires=True))

    assert await keys_at(database, time).authenticate(made.secret)


async def test_the_keys_of_a_closed_account_are_revoked(database: Database) -> None:
    time = Time()
    owner = await make_account(database, "acc_a")
    made = await records_at(database, time).create(owner, KeyWish("CI"))

    await close_account(database, "acc_a")

    with pytest.raises(KeyRevoked):
        await keys_at(database, time).authenticate(made.secret)


async def test_a_plan_that_changes_holds_within_a_second(database: Database) -> None:
    time = Time()
    owner = await make_account(database, "acc_a", SMALL)
    keys = keys_at(database, time)
    made = await records_at(database, time).create(owner, KeyWish("CI"))
    await keys.authenticate(made.secret)

    async with database.writing() as connection:
        await connection.execute(text("UPDATE accounts SET plan = NULL"))
    time.pass_(timedelta(seconds=1))

    assert (await keys.authenticate(made.secret)).plan.id == "unlimited"


@pytest.mark.parametrize("secret", [SECRET, SECRET + "x"], ids=["good", "bad"])
async def test_ten_thousand_calls_with_one_key_cost_one_query(database: Database, secret: str) -> None:
    await ensure_bootstrap(database, SECRET)
    keys = keys_at(database, Time())
    queries = Queries(database)

    async def call() -> None:
        for _ in range(100):
            await asyncio.gather(keys.authenticate(secret), return_exceptions=True)

    await asyncio.gather(*(call() for _ in range(100)))

    assert queries.count == 1


async def test_strangers_push_no_good_key_out_of_memory(database: Database) -> None:
    await ensure_bootstrap(database, SECRET)
    keys = keys_at(database, Time())
    await keys.authenticate(SECRET)
    for number in range(50):
        await asyncio.gather(keys.authenticate(f"bad-{number}"), return_exceptions=True)
    queries = Queries(database)

    await keys.authenticate(SECRET)

    assert queries.count == 0
