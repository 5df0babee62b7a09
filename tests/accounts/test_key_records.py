"""Keys are made, shown, changed and ended by their owner."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from server.accounts.key_creation import KeyWish
from server.accounts.key_records import KeyChanges
from server.accounts.model import Caller, Scope
from server.database.open import Database
from tests.accounts.key_acts import do
from tests.accounts.tenants import DAY, Time, make_account, records_at
from zerokerf.errors import (
    KeyNotFound,
)

CI = KeyWish("CI", frozenset({Scope.SPLITS_READ}))


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def owner(database: Database) -> Caller:
    return await make_account(database, "acc_a")


async def test_a_new_key_is_shown_as_it_was_asked_for(database: Database, time: Time, owner: Caller) -> None:
    records = records_at(database, time)

    made = await records.create(owner, replace(CI, expires_at=time.now + DAY))

    assert await records.get(owner, made.key.id) == made.key
    assert (made.key.name, made.key.scopes, made.key.expires_at) == ("CI", CI.scopes, time.now + DAY)
    assert (made.key.created_at, made.key.use_count, made.key.last_used_at) == (time.now, 0, None)


@pytest.mark.parametrize(("is_test", "prefix"), [(False, "as_live_sk_"), (True, "as_test_sk_")])
async def test_a_preview_is_the_ends_of_the_secret(
    database: Database, time: Time, owner: Caller, is_test: bool, prefix: str
) -> None:
    made = await records_at(database, time).create(owner, replace(CI, is_test=is_test))

    random = made.secret.removeprefix(prefix)
    assert len(random) == 43
    assert made.key.preview == f"{prefix}{random[:3]}...{random[-3:]}"


async def test_the_database_holds_no_secret(database: Database, time: Time, owner: Caller) -> None:
    records = records_at(database, time)
    made = await records.create(owner, CI)
    renewed = await records.rotate(owner, made.key.id)

    async with database.reading() as connection:
        rows = str((await connection.execute(text("SELECT * FROM api_keys"))).all())
    assert "CI" in rows
    for secret in (made.secret, renewed.secret):
        assert secret.removeprefix("as_live_sk_") not in rows


async def test_keys_are_listed_oldest_first_without_revoked_ones(
    database: Database, time: Time, owner: Caller
) -> None:
    records, made = records_at(database, time), []
    for name in "abc":
        made.append(await records.create(owner, KeyWish(name)))
        time.pass_(timedelta(seconds=1))

    await records.revoke(owner, made[1].key.id)

    assert [key.name for key in await records.list(owner)] == ["a", "c"]


async def test_a_change_leaves_what_it_does_not_name(database: Database, time: Time, owner: Caller) -> None:
    records = records_at(database, time)
    key = (await records.create(owner, replace(CI, expires_at=time.now + DAY))).key
    time.pass_(timedelta(hours=1))

    await records.update(owner, key.id, KeyChanges(name="New"))
    await records.update(owner, key.id, KeyChanges(scopes=frozenset({Scope.BATCH_READ})))
    after = await records.update(owner, key.id, KeyChanges(never_expires=True))

    assert await records.get(owner, key.id) == after
    assert after == replace(
        key, name="New", scopes=frozenset({Scope.BATCH_READ}), expires_at=None, updated_at=time.now
    )


async def test_a_change_of_nothing_changes_nothing(database: Database, time: Time, owner: Caller) -> None:
    records = records_at(database, time)
    key = (await records.create(owner, CI)).key

    assert await records.update(owner, key.id, KeyChanges()) == key
    assert (await records.get(owner, key.id)).updated_at is None


async def test_a_renewed_key_keeps_all_but_its_secret(database: Database, time: Time, owner: Caller) -> None:
    records = records_at(database, time)
    made = await records.create(owner, replace(CI, expires_at=time.now + DAY, is_test=True))
    time.pass_(timedelta(hours=1))

    renewed = await records.rotate(owner, made.key.id)

    assert renewed.secret.startswith("as_test_sk_")
    assert renewed.secret != made.secret
    assert renewed.key == replace(made.key, preview=renewed.key.preview, rotated_at=time.now)
    assert await records.get(owner, made.key.id) == renewed.key


@pytest.mark.parametrize(
    "key_id", ["", "key_", "x", "key_\0", "key_bootstrap", "key_" + "0" * 20, "x" * 9999]
)
@pytest.mark.parametrize("act", ["get", "update", "revoke", "rotate"])
async def test_a_key_that_is_not_there_is_not_found(
    database: Database, time: Time, owner: Caller, key_id: str, act: str
) -> None:
    with pytest.raises(KeyNotFound) as raised:
        await do(act, database, time, owner, key_id)
    assert len(raised.value.sentence) < 200


@pytest.mark.parametrize("act", ["get", "update", "revoke", "rotate"])
async def test_keys_of_other_accounts_are_not_found_and_stay_as_they_are(
    database: Database, time: Time, owner: Caller, act: str
) -> None:
    key = (await records_at(database, time).create(owner, CI)).key
    stranger = await make_account(database, "acc_b")

    with pytest.raises(KeyNotFound):
        await do(act, database, time, stranger, key.id)

    assert await records_at(database, time).get(owner, key.id) == key
    assert await records_at(database, time).list(stranger) == []


@pytest.mark.parametrize("act", ["get", "update", "revoke", "rotate"])
async def test_a_revoked_key_is_gone_for_ever(
    database: Database, time: Time, owner: Caller, act: str
) -> None:
    records = records_at(database, time)
    key = (await records.create(owner, CI)).key
    await records.revoke(owner, key.id)

    with pytest.raises(KeyNotFound):
        await do(act, database, time, owner, key.id)
