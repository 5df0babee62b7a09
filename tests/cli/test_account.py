"""`zerokerf account` against the service itself: looking at the account, taking it along, ending it."""

import asyncio
import json
import os
import pty
import signal
from pathlib import Path
from zipfile import ZipFile

import pytest

from server.accounts.account_records import AccountRecords
from server.accounts.bootstrap import ACCOUNT_ID
from server.accounts.plans import read_plans
from tests.cli.conftest import Cli, Start
from tests.cli.processes import read_until
from tests.client.account_house import SECRET, House

PHRASE = "DELETE MY ACCOUNT"


async def is_closed(house: House) -> bool:
    account = await AccountRecords(house.database, read_plans(None, "unlimited")).get(ACCOUNT_ID)
    return account.closed_at is not None


async def test_the_account_is_shown_with_its_plan(manager: Cli) -> None:
    shown = await manager("account", "show")
    document = json.loads((await manager("account", "show", "--json")).out)

    assert shown.out.startswith("acc_bootstrap: Bootstrap, created 20")
    assert shown.out.endswith("Plan Unlimited (unlimited): no limits\n")
    assert (document["id"], document["plan"]["minutes_per_month"]) == ("acc_bootstrap", None)


async def test_an_archive_is_waited_for_and_saved(house: House, manager: Cli, tmp_path: Path) -> None:
    house.archivist.may_make.set()

    result = await manager("account", "export", "--format", "csv", "-o", "mine.zip")

    assert (result.code, result.out) == (0, "mine.zip\n")
    assert " is being made.\n" in result.err
    assert "100% downloading" in result.err
    with ZipFile(tmp_path / "mine.zip") as archive:
        assert "account.csv" in archive.namelist()


async def test_an_archive_that_was_not_waited_for_is_fetched_later(
    house: House, manager: Cli, start: Start, tmp_path: Path
) -> None:
    process = await start("account", "export", "--server", house.target, "--api-key", SECRET)
    assert process.stderr is not None
    async with asyncio.timeout(120):
        export_id = (await process.stderr.readline()).decode().split()[1]
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    house.archivist.may_make.set()

    document = json.loads((await manager("account", "export", "--id", export_id, "-q", "--json")).out)

    assert process.returncode == 130
    assert err.decode().endswith(f"Save it: zerokerf account export --id {export_id}\n")
    assert (document["state"], document["format"]) == ("completed", "json")
    assert document["path"] == f"{export_id}.zip"
    assert (tmp_path / document["path"]).stat().st_size == document["size_bytes"]
    assert house.calls.count("ExportAccount") == 1


async def test_an_archive_that_cannot_be_made_is_code_3(house: House, manager: Cli, tmp_path: Path) -> None:
    house.archivist.fails = True
    house.archivist.may_make.set()

    result = await manager("account", "export", "-q", "-o", "mine.zip")

    assert (result.code, result.out) == (3, "")
    assert "could not be made. Ask for another one." in result.err
    assert not (tmp_path / "mine.zip").exists()


async def test_an_account_is_deleted_when_that_is_confirmed(house: House, manager: Cli) -> None:
    result = await manager("account", "delete", "--confirm", PHRASE)

    assert (result.code, result.out) == (0, "")
    assert result.err.startswith("Account acc_bootstrap is deleted; its last records go on 20")
    assert await is_closed(house)


async def test_an_answer_that_gets_lost_does_not_hide_that_the_account_is_deleted(
    house: House, manager: Cli
) -> None:
    house.lost_answers["DeleteAccount"] = 3

    result = await manager("account", "delete", "--confirm", PHRASE)

    assert result.code == 5
    assert result.err.startswith("Account acc_bootstrap seems to be deleted: its keys have ended.\n")
    assert await is_closed(house)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["delete", "--confirm", "delete my account"], "--confirm must be exactly 'DELETE MY ACCOUNT'."),
        (["delete"], "Without a terminal this needs --confirm 'DELETE MY ACCOUNT'."),
        (["export", "--format", "xml"], "--format 'xml' is not possible; use one of json, csv."),
        (["export", "--format", "csv", "--id", "exp_x"], "--format does not go with --id"),
    ],
)
async def test_what_cannot_be_meant_is_code_2_and_changes_nothing(
    house: House, manager: Cli, arguments: list[str], sentence: str
) -> None:
    result = await manager("account", *arguments)

    assert (result.code, result.out, house.calls) == (2, "", [])
    assert sentence in result.err


@pytest.mark.parametrize(("typed", "code"), [(PHRASE, 0), ("yes", 2), ("", 2)])
async def test_somebody_at_a_terminal_has_to_type_the_phrase(
    house: House, start: Start, typed: str, code: int
) -> None:
    ours, theirs = pty.openpty()
    arguments = ("account", "delete", "--server", house.target, "--api-key", SECRET)
    process = await start(*arguments, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    asked = await asyncio.to_thread(read_until, ours, b"to go on:")
    os.write(ours, typed.encode() + b"\n")
    async with asyncio.timeout(120):
        await asyncio.to_thread(read_until, ours, None)
        await process.wait()
    os.close(ours)

    assert b"This ends the account acc_bootstrap (Bootstrap)" in asked
    assert process.returncode == code
    assert await is_closed(house) is (code == 0)
