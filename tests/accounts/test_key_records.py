"""Keys are made, shown, changed and ended by who may, within the number that the plan allows."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from server.accounts.key_creation import KeyWish, NewKey
from server.accounts.key_records import KeyChanges
from server.accounts.model import ALL_SCOPES, Caller, Scope
from server.database.open import Database, open_database
from tests.accounts.tenants import DAY, SMALL, Time, bearer, close_account, make_account, records_at
from zerokerf.errors import (
    IdempotencyConflict,
    KeyNotFound,
    KeyRevoked,
    ScopeBeyondOwn,
    TooManyKeys,
    Unauthenticated,
    ZerokerfError,
)

CI = KeyWish("CI", frozenset({Scope.SPLITS_READ}))
MANAGER = KeyWish("Manager", frozenset({Scope.SPLITS_READ, Scope.KEYS_MANAGE}))


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


async def do(act: str, database: Database, time: Time, caller: Caller, key_id: str) -> None:
    """Raises what the act raises."""
    records = records_at(database, time)
    match act:
        case "get":
            await records.get(caller, key_id)
        case "update":
            await records.update(caller, key_id, KeyChanges(name="Changed"))
        case "revoke":
            await records.revoke(caller, key_id)
        case "rotate":
            await records.rotate(caller, key_id)
        case _:
            raise ZerokerfError(act)
