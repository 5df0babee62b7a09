"""Keys, usage and the end of an account, through the client and against the real service."""

from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.client.account_house import SECRET, House
from tests.client.conftest import IMPATIENT
from zerokerf import errors
from zerokerf.client import AsyncClient
from zerokerf.v1.account_pb2 import AccountExport

LATER = datetime(2099, 3, 29, 10, tzinfo=UTC)


async def let_in(house: House, secret: str) -> bool:
    async with AsyncClient(house.target, secret, patience=IMPATIENT) as client:
        try:
            await client.accounts.check()
        except errors.Unauthenticated:
            return False
        return True


async def test_a_key_is_made_as_it_was_meant_and_opens_the_door(house: House, manager: AsyncClient) -> None:
    made = await manager.accounts.create_key("CI", scopes=["splits:read"], expires_at=LATER, test=True)

    assert (made.key.name, list(made.key.scopes), made.key.test) == ("CI", ["splits:read"], True)
    assert made.key.expire_time.ToDatetime(UTC) == LATER
    assert made.secret.startswith("as_test_sk_")
    assert await let_in(house, made.secret)
    assert (await manager.accounts.get_key(made.key.id)).preview == made.key.preview
    assert [key.name for key in await manager.accounts.list_keys()] == ["Bootstrap", "CI"]


async def test_a_secret_that_got_lost_on_the_way_is_replaced(house: House, manager: AsyncClient) -> None:
    house.lost_answers["CreateApiKey"] = 1

    made = await manager.accounts.create_key("CI")

    assert await let_in(house, made.secret)
    assert [key.name for key in await manager.accounts.list_keys()] == ["Bootstrap", "CI"]
    assert house.calls[:3] == ["CreateApiKey", "CreateApiKey", "RotateApiKey"]


async def test_a_repeated_request_shows_the_key_and_leaves_its_secret_alone(
    house: House, manager: AsyncClient
) -> None:
    first = await manager.accounts.create_key("CI", request_id="monday")

    second = await manager.accounts.create_key("CI", request_id="monday")

    assert (second.key.id, second.secret) == (first.key.id, "")
    assert await let_in(house, first.secret)


async def test_only_what_is_given_is_changed(manager: AsyncClient) -> None:
    accounts = manager.accounts
    made = await accounts.create_key("CI", scopes=["splits:read", "batch:read"], expires_at=LATER)

    renamed = await accounts.update_key(made.key.id, name="Nightly")
    narrowed = await accounts.update_key(made.key.id, scopes=["splits:read"])
    endless = await accounts.update_key(made.key.id, never_expires=True)

    assert (renamed.name, sorted(renamed.scopes)) == ("Nightly", ["batch:read", "splits:read"])
    assert renamed.expire_time.ToDatetime(UTC) == LATER
    assert (narrowed.name, list(narrowed.scopes)) == ("Nightly", ["splits:read"])
    assert not endless.HasField("expire_time")
    assert (await accounts.update_key(made.key.id, expires_at=LATER)).HasField("expire_time")


async def test_no_scopes_at_all_are_refused_and_not_taken_for_no_change(manager: AsyncClient) -> None:
    made = await manager.accounts.create_key("CI")

    with pytest.raises(errors.InvalidParams):
        await manager.accounts.update_key(made.key.id, scopes=[])


async def test_a_renewed_key_has_another_secret_and_the_old_one_ends(
    house: House, manager: AsyncClient
) -> None:
    made = await manager.accounts.create_key("CI")

    house.lost_answers["RotateApiKey"] = 1
    renewed = await manager.accounts.rotate_key(made.key.id)

    assert renewed.key.id == made.key.id
    assert await let_in(house, renewed.secret)
    assert not await let_in(house, made.secret)


async def test_revoking_succeeds_though_the_answer_gets_lost(house: House, manager: AsyncClient) -> None:
    made = await manager.accounts.create_key("CI")
    house.lost_answers["RevokeApiKey"] = 1

    await manager.accounts.revoke_key(made.key.id)

    assert not await let_in(house, made.secret)
    with pytest.raises(errors.KeyNotFound):
        await manager.accounts.revoke_key(made.key.id)


async def test_a_key_of_few_scopes_manages_nothing(house: House, manager: AsyncClient) -> None:
    made = await manager.accounts.create_key("CI", scopes=["splits:read"])

    async with AsyncClient(house.target, made.secret, patience=IMPATIENT) as other:
        with pytest.raises(errors.InsufficientScope):
            await other.accounts.list_keys()


async def test_the_account_is_shown_with_its_plan_and_usage(manager: AsyncClient) -> None:
    account = await manager.accounts.get()
    usage = await manager.accounts.usage("2026-05")

    assert (account.id, account.plan.name) == ("acc_bootstrap", "Unlimited")
    assert usage.start_time.ToDatetime(UTC) == datetime(2026, 5, 1, tzinfo=UTC)
    assert (usage.audio_milliseconds, usage.jobs_completed, usage.plan.id) == (0, 0, "unlimited")
    with pytest.raises(errors.InvalidParams):
        await manager.accounts.usage("someday")


async def test_an_archive_is_begun_once_however_many_answers_get_lost(
    house: House, manager: AsyncClient
) -> None:
    house.lost_answers["ExportAccount"] = 2

    begun = await manager.accounts.export(AccountExport.FORMAT_CSV)

    assert (begun.format, begun.state) == (AccountExport.FORMAT_CSV, AccountExport.STATE_PROCESSING)
    assert (await manager.accounts.get_export(begun.id)).id == begun.id
    with pytest.raises(errors.ExportNotFound):
        await manager.accounts.get_export("exp_none")


async def test_an_archive_is_fetched_once_it_is_made(
    house: House, manager: AsyncClient, tmp_path: Path
) -> None:
    begun = await manager.accounts.export()
    with pytest.raises(errors.FileNotKept):
        await manager.accounts.download_export(begun, tmp_path)
    house.archivist.may_make.set()

    made = await manager.accounts.wait_export(begun.id)
    path = await manager.accounts.download_export(made, tmp_path)

    assert (made.state, path) == (AccountExport.STATE_COMPLETED, tmp_path / f"{begun.id}.zip")
    with ZipFile(path) as archive:
        assert "account.json" in archive.namelist()


async def test_an_archive_that_cannot_be_made_is_told_as_failed(house: House, manager: AsyncClient) -> None:
    house.archivist.fails = True
    house.archivist.may_make.set()

    made = await manager.accounts.wait_export((await manager.accounts.export()).id)

    assert (made.state, made.download_url) == (AccountExport.STATE_FAILED, "")


async def test_an_account_ends_only_when_that_is_confirmed(house: House, manager: AsyncClient) -> None:
    with pytest.raises(errors.InvalidParams):
        await manager.accounts.delete("yes")
    assert await let_in(house, SECRET)

    purged = await manager.accounts.delete("DELETE MY ACCOUNT")

    assert purged.ToDatetime(UTC) > datetime.now(UTC)
