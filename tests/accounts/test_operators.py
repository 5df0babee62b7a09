"""Operators make, list, change and close accounts."""

import pytest

from server.accounts.key_creation import KeyWish
from server.accounts.model import ALL_SCOPES
from server.accounts.operators import Operators
from server.database.open import Database
from tests.accounts.tenants import DAY, PLANS, SMALL, UNLIMITED, Time, bearer, keys_at, records_at
from zerokerf.errors import InvalidParams, KeyRevoked


async def test_a_new_account_has_a_plan_and_a_key_with_every_scope(database: Database) -> None:
    time = Time()
    made = await Operators(database, PLANS, time.clock).create("Team A", "plan_small")

    caller = await keys_at(database, time).authenticate(made.key.secret)

    assert (made.account.name, made.account.plan) == ("Team A", SMALL)
    assert caller == bearer(made.key.key, SMALL)
    assert caller.scopes == ALL_SCOPES
    assert caller.account_id == made.account.id


async def test_accounts_are_listed_oldest_first(database: Database) -> None:
    time = Time()
    operators = Operators(database, PLANS, time.clock)
    for name in "abc":
        await operators.create(name)
        time.pass_(DAY)

    assert [account.name for account in await operators.list()] == ["a", "b", "c"]


async def test_a_plan_is_set_and_taken_back(database: Database) -> None:
    operators = Operators(database, PLANS)
    account = (await operators.create("a")).account
    assert account.plan == UNLIMITED

    assert (await operators.set_plan(account.id, "plan_small")).plan == SMALL
    assert [listed.plan for listed in await operators.list()] == [SMALL]
    assert (await operators.set_plan(account.id, None)).plan == UNLIMITED


async def test_a_closed_account_has_no_keys_and_a_day_when_it_goes(database: Database) -> None:
    time = Time()
    operators = Operators(database, PLANS, time.clock)
    made = await operators.create("a")
    await records_at(database, time).create(bearer(made.key.key), KeyWish("another"))

    purge_at = await operators.close(made.account.id)
    time.pass_(DAY)

    assert purge_at == time.now + 29 * DAY
    assert await operators.close(made.account.id) == purge_at
    assert [account.closed_at for account in await operators.list()] == [time.now - DAY]
    with pytest.raises(KeyRevoked):
        await keys_at(database, time).authenticate(made.key.secret)


@pytest.mark.parametrize("name", ["", "   ", "a" * 101, "a\r\nx-api-key: b", "a\0"])
async def test_a_name_must_be_one(database: Database, name: str) -> None:
    operators = Operators(database, PLANS)

    with pytest.raises(InvalidParams):
        await operators.create(name)

    assert await operators.list() == []


async def test_what_is_not_there_is_told(database: Database) -> None:
    operators = Operators(database, PLANS)
    account = (await operators.create("a")).account

    for call in (
        operators.create("b", "plan_x"),
        operators.set_plan(account.id, "plan_x"),
        operators.set_plan("acc_x", "plan_small"),
        operators.close("acc_x"),
    ):
        with pytest.raises(InvalidParams):
            await call
    assert len(await operators.list()) == 1
