"""Uses of keys are counted, by all processes together, and none is lost."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from server.accounts.api_keys import ApiKeys
from server.accounts.key_creation import KeyWish
from server.accounts.key_uses import KeyUses, keep_counting
from server.accounts.model import ApiKey, Caller
from server.database.open import Database, open_database
from tests.accounts.tenants import PLANS, START, Time, make_account, records_at
from zerokerf.errors import Unauthenticated

LATER = START + timedelta(seconds=5)


async def test_each_call_that_is_let_in_is_a_use(database: Database) -> None:
    time, uses = Time(), KeyUses(database)
    keys = ApiKeys(database, PLANS, uses, time.clock, time.monotonic)
    owner = await make_account(database, "acc_a")
    made = await records_at(database, time).create(owner, KeyWish("CI"))

    for secret in (made.secret, made.secret, made.secret + "x", made.secret):
        with suppress(Unauthenticated):
            await keys.authenticate(secret)
    await uses.write()

    assert await used(database, owner, made.key) == (3, START)


async def test_what_processes_count_adds_up(database: Database, database_url: str) -> None:
    owner = await make_account(database, "acc_a")
    key = (await records_at(database, Time()).create(owner, KeyWish("CI"))).key
    async with open_database(database_url) as elsewhere:
        here, there = KeyUses(database), KeyUses(elsewhere)
        here.note(key.id, LATER, 3)
        there.note(key.id, START, 4)

        await here.write()
        await there.write()
        await here.write()

    assert await used(database, owner, key) == (7, LATER)


async def test_many_keys_are_written_by_many_processes_at_once(database: Database, database_url: str) -> None:
    owner = await make_account(database, "acc_a")
    records = records_at(database, Time())
    keys = [(await records.create(owner, KeyWish("CI"))).key for _ in range(10)]
    async with open_database(database_url) as elsewhere:
        counters = [KeyUses(database if i % 2 else elsewhere) for i in range(8)]
        for number, counter in enumerate(counters):
            for key in keys[:: 1 if number % 2 else -1]:
                counter.note(key.id, START)

        await asyncio.gather(*(counter.write() for counter in counters))

    assert {key.use_count for key in await records.list(owner)} == {8}


async def test_what_is_counted_is_written_when_the_process_ends(database: Database) -> None:
    owner = await make_account(database, "acc_a")
    key = (await records_at(database, Time()).create(owner, KeyWish("CI"))).key
    uses = KeyUses(database)
    counting = asyncio.create_task(keep_counting(uses, every_s=3600))
    await asyncio.sleep(0)
    uses.note(key.id, START)

    counting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await counting

    assert await used(database, owner, key) == (1, START)


async def test_a_write_that_is_cancelled_loses_nothing(database: Database) -> None:
    owner = await make_account(database, "acc_a")
    key = (await records_at(database, Time()).create(owner, KeyWish("CI"))).key
    uses = KeyUses(database)
    uses.note(key.id, START)
    writing = asyncio.create_task(uses.write())
    await asyncio.sleep(0)
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing

    uses.note(key.id, START)
    await uses.write()

    assert await used(database, owner, key) == (2, START)


async def used(database: Database, owner: Caller, key: ApiKey) -> tuple[int, object]:
    now = await records_at(database, Time()).get(owner, key.id)
    return now.use_count, now.last_used_at
