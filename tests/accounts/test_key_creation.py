"""A repeated request makes one key, and a plan allows so many."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from server.accounts.key_creation import KeyWish, NewKey
from server.accounts.model import ALL_SCOPES, Caller, Scope
from server.database.open import Database, open_database
from tests.accounts.tenants import SMALL, Time, make_account, records_at
from zerokerf.errors import (
    IdempotencyConflict,
    TooManyKeys,
)

CI = KeyWish("CI", frozenset({Scope.SPLITS_READ}))


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def owner(database: Database) -> Caller:
    return await make_account(database, "acc_a")


async def test_a_repeated_request_makes_one_key_and_shows_its_secret_once(
    database: Database, time: Time, owner: Caller
) -> None:
    records = records_at(database, time)
    first = await records.create(owner, CI, "request-1")
    time.pass_(timedelta(hours=23))

    again = await records.create(owner, CI, "request-1")

    assert again == NewKey(first.key, "")
    assert len(await records.list(owner)) == 1


async def test_another_request_with_the_same_id_is_a_conflict(
    database: Database, time: Time, owner: Caller
) -> None:
    records = records_at(database, time)
    await records.create(owner, CI, "request-1")

    for other in (replace(CI, name="other"), replace(CI, is_test=True), replace(CI, scopes=ALL_SCOPES)):
        with pytest.raises(IdempotencyConflict):
            await records.create(owner, other, "request-1")
    assert len(await records.list(owner)) == 1


async def test_after_a_day_a_request_id_is_free_again(database: Database, time: Time, owner: Caller) -> None:
    records = records_at(database, time)
    first = await records.create(owner, CI, "request-1")
    time.pass_(timedelta(hours=24, seconds=1))

    second = await records.create(owner, CI, "request-1")

    assert second.secret
    assert second.key.id != first.key.id


async def test_request_ids_of_other_accounts_mean_nothing(
    database: Database, time: Time, owner: Caller
) -> None:
    records = records_at(database, time)
    first = await records.create(owner, CI, "request-1")

    other = await records.create(await make_account(database, "acc_b"), CI, "request-1")

    assert other.secret
    assert other.key.id != first.key.id


async def test_a_hundred_repeats_at_once_make_one_key(
    database: Database, database_url: str, time: Time, owner: Caller
) -> None:
    async with open_database(database_url) as elsewhere:
        here, there = records_at(database, time), records_at(elsewhere, time)
        made = await asyncio.gather(*((here, there)[i % 2].create(owner, CI, "same") for i in range(100)))

    assert len({new.key.id for new in made}) == 1
    assert len([new.secret for new in made if new.secret]) == 1


async def test_twenty_creations_at_once_keep_to_the_number_of_the_plan(
    database: Database, database_url: str, time: Time
) -> None:
    owner = await make_account(database, "acc_small", SMALL)
    async with open_database(database_url) as elsewhere:
        here, there = records_at(database, time), records_at(elsewhere, time)
        creations = ((here, there)[i % 2].create(owner, CI) for i in range(20))
        made = await asyncio.gather(*creations, return_exceptions=True)

    assert sum(isinstance(new, NewKey) for new in made) == 2
    assert sum(isinstance(new, TooManyKeys) for new in made) == 18
    assert len(await records_at(database, time).list(owner)) == 2


async def test_a_revoked_key_makes_room_for_another(database: Database, time: Time) -> None:
    owner = await make_account(database, "acc_small", SMALL)
    records = records_at(database, time)
    first = await records.create(owner, CI)
    await records.create(owner, CI)
    with pytest.raises(TooManyKeys) as raised:
        await records.create(owner, CI)

    await records.revoke(owner, first.key.id)

    assert raised.value.facts == {"most": "2"}
    assert await records.create(owner, CI)
