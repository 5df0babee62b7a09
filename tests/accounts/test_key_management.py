"""A key manages those that may do no more than itself."""

from dataclasses import replace

import pytest

from server.accounts.key_creation import KeyWish
from server.accounts.key_records import KeyChanges
from server.accounts.model import ALL_SCOPES, Caller, Scope
from server.database.open import Database
from tests.accounts.key_acts import do
from tests.accounts.tenants import DAY, Time, bearer, close_account, make_account, records_at
from zerokerf.errors import (
    KeyRevoked,
    ScopeBeyondOwn,
    Unauthenticated,
)

CI = KeyWish("CI", frozenset({Scope.SPLITS_READ}))
MANAGER = KeyWish("Manager", frozenset({Scope.SPLITS_READ, Scope.KEYS_MANAGE}))


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def owner(database: Database) -> Caller:
    return await make_account(database, "acc_a")


@pytest.mark.parametrize(
    "beyond",
    [
        replace(CI, scopes=ALL_SCOPES),
        replace(CI, scopes=frozenset({Scope.SPLITS_WRITE})),
        replace(CI, is_test=False),
        replace(CI, is_test=True, expires_at=None),
        replace(CI, is_test=True, expires_at=Time().now + 2 * DAY),
    ],
    ids=["all scopes", "another scope", "live", "never expires", "expires later"],
)
async def test_a_key_manages_no_key_that_may_do_more(
    database: Database, time: Time, owner: Caller, beyond: KeyWish
) -> None:
    records = records_at(database, time)
    least = replace(MANAGER, is_test=True, expires_at=time.now + DAY)
    manager = bearer((await records.create(owner, least)).key)
    other = (await records.create(owner, beyond)).key

    with pytest.raises(ScopeBeyondOwn):
        await records.create(manager, beyond)
    for act in ("update", "revoke", "rotate"):
        with pytest.raises(ScopeBeyondOwn):
            await do(act, database, time, manager, other.id)

    assert await records.get(owner, other.id) == other
    assert len(await records.list(owner)) == 2


async def test_a_key_manages_itself_and_lesser_ones(database: Database, time: Time, owner: Caller) -> None:
    records = records_at(database, time)
    itself = (await records.create(owner, replace(MANAGER, expires_at=time.now + 2 * DAY))).key
    manager = bearer(itself)

    lesser = (await records.create(manager, replace(CI, expires_at=time.now + DAY))).key
    for key in (lesser, itself):
        for act in ("update", "rotate", "revoke"):
            await do(act, database, time, manager, key.id)

    assert await records.list(owner) == []


@pytest.mark.parametrize(
    "changes",
    [
        KeyChanges(scopes=ALL_SCOPES),
        KeyChanges(never_expires=True),
        KeyChanges(expires_at=Time().now + 9 * DAY),
    ],
    ids=["more scopes", "for ever", "longer"],
)
async def test_a_key_cannot_make_more_of_itself(
    database: Database, time: Time, owner: Caller, changes: KeyChanges
) -> None:
    records = records_at(database, time)
    key = (await records.create(owner, replace(MANAGER, expires_at=time.now + DAY))).key

    with pytest.raises(ScopeBeyondOwn):
        await records.update(bearer(key), key.id, changes)

    assert await records.get(owner, key.id) == key


async def test_a_key_that_has_just_ended_makes_no_other(
    database: Database, time: Time, owner: Caller
) -> None:
    records = records_at(database, time)
    revoked = (await records.create(owner, MANAGER)).key
    expiring = (await records.create(owner, replace(MANAGER, expires_at=time.now + DAY))).key
    await records.revoke(owner, revoked.id)
    time.pass_(DAY)

    for key in (revoked, expiring):
        with pytest.raises(KeyRevoked):
            await records.create(bearer(key), CI)


async def test_a_closed_account_gets_no_key(database: Database, time: Time, owner: Caller) -> None:
    await close_account(database, "acc_a")

    with pytest.raises(Unauthenticated):
        await records_at(database, time).create(owner, CI)
