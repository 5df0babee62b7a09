"""Archives: asked for once, made whole, told of, linked for a while, and gone in the end."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from server.accounts.archive import write_archive
from server.accounts.export_records import ExportRecords, ExportRef
from server.accounts.exports import Exports, ExportState
from server.database.hashes import url_hash
from server.database.open import Database
from server.database.tables import account_exports, api_keys, jobs, webhook_deliveries, webhook_endpoints
from server.retention.archives import remove_expired_archives
from storage.keys import export_key
from storage.memory import MemoryStore
from storage.signed_links import LocalSigner
from tests.retention.kept import (
    DAY,
    NOW,
    add_account,
    at,
    completed,
    keys,
    put,
    records_at,
    row_of,
)
from zerokerf.errors import ExportNotFound, IdempotencyConflict, Unavailable

HOOK = "https://example.org/hook"


class NotedExports:
    def __init__(self) -> None:
        self.started: list[str] = []
        self.is_there = True

    async def start_export(self, export_id: str, account_id: str) -> None:
        if not self.is_there:
            raise Unavailable("The job engine")
        self.started.append(export_id)


@pytest.fixture
def engine() -> NotedExports:
    return NotedExports()


@pytest.fixture
def exports(database: Database, engine: NotedExports) -> Exports:
    return _exports_at(database, engine, timedelta())


def _exports_at(database: Database, engine: NotedExports, after: timedelta) -> Exports:
    signer = LocalSigner("http://files.test", b"k" * 32, at(NOW + after))
    return Exports(database, engine, signer, at(NOW + after))


async def test_an_export_is_begun(exports: Exports, engine: NotedExports) -> None:
    export = await exports.export("acc_a", "json", None, None)

    assert (export.state, export.format, export.created_at) == (ExportState.PROCESSING, "json", NOW)
    assert export.estimated_at == NOW + timedelta(minutes=15)
    assert export.download_url is None
    assert engine.started == [export.id]
    assert await exports.get_export("acc_a", export.id) == export


async def test_a_repeated_request_is_the_same_export_for_a_day(
    database: Database, exports: Exports, engine: NotedExports
) -> None:
    first = await exports.export("acc_a", "json", HOOK, "again")

    assert await exports.export("acc_a", "json", HOOK, "again") == first
    assert (await exports.export("acc_b", "json", HOOK, "again")).id != first.id
    with pytest.raises(IdempotencyConflict):
        await exports.export("acc_a", "csv", HOOK, "again")
    later = _exports_at(database, engine, DAY + timedelta(seconds=1))
    assert (await later.export("acc_a", "csv", HOOK, "again")).id != first.id


async def test_requests_without_an_id_are_different_ones(exports: Exports) -> None:
    one = await exports.export("acc_a", "json", None, None)

    assert (await exports.export("acc_a", "json", None, None)).id != one.id


async def test_exports_of_others_are_not_found(exports: Exports) -> None:
    export = await exports.export("acc_a", "json", None, None)

    for account_id, export_id in (("acc_b", export.id), ("acc_a", "exp_" + "0" * 20), ("acc_a", "'; --")):
        with pytest.raises(ExportNotFound):
            await exports.get_export(account_id, export_id)


async def test_what_the_engine_could_not_take_is_found(
    database: Database, exports: Exports, engine: NotedExports
) -> None:
    engine.is_there = False
    export = await exports.export("acc_a", "json", None, None)
    records = ExportRecords(database, at(NOW))

    ref = ExportRef(export.id, "acc_a", NOW)
    assert await records.unfinished(10) == (ref,)
    assert await records.unfinished(10, ref) == ()

    await records.fail(export.id)
    assert await records.unfinished(10) == ()
    assert (await exports.get_export("acc_a", export.id)).state is ExportState.FAILED


async def test_a_completed_export_is_linked_until_it_goes(
    database: Database, exports: Exports, engine: NotedExports
) -> None:
    export = await exports.export("acc_a", "json", None, None)
    assert await ExportRecords(database, at(NOW)).complete(export, 1234)

    found = await exports.get_export("acc_a", export.id)
    assert (found.state, found.size_bytes, found.expires_at) == ("completed", 1234, NOW + 7 * DAY)
    assert (found.download_url or "").startswith(f"http://files.test/files/{export_key('acc_a', export.id)}?")
    assert found.download_expires_at == NOW + DAY
    late = await _exports_at(database, engine, timedelta(days=6, hours=20)).get_export("acc_a", export.id)
    assert late.download_expires_at == NOW + 7 * DAY
    with pytest.raises(ExportNotFound):
        await _exports_at(database, engine, 7 * DAY).get_export("acc_a", export.id)


async def test_word_of_it_is_due_with_its_end_and_once(database: Database, exports: Exports) -> None:
    export = await exports.export("acc_a", "csv", HOOK, None)
    records = ExportRecords(database, at(NOW))

    assert await records.complete(export, 99)
    assert not await records.complete(export, 99)

    (told,) = await _deliveries(database)
    assert (told["event"], told["state"], told["url"]) == ("account.exported", "pending", HOOK)
    assert told["detail"] == {"exportId": export.id, "format": "csv", "size": 99}
    assert (told["account_id"], told["job_id"], told["next_attempt_at"]) == ("acc_a", None, NOW)


async def test_a_disabled_webhook_is_told_nothing(database: Database, exports: Exports) -> None:
    where = {"account_id": "acc_a", "url": HOOK, "url_hash": url_hash(HOOK)}
    async with database.writing() as connection:
        row = {**where, "failed_in_a_row": 3, "disabled_at": NOW}
        await connection.execute(insert(webhook_endpoints).values(row))
    export = await exports.export("acc_a", "csv", HOOK, None)

    await ExportRecords(database, at(NOW)).complete(export, 99)

    assert [row["state"] for row in await _deliveries(database)] == ["dropped"]


async def test_expired_archives_go(database: Database, exports: Exports) -> None:
    store = MemoryStore()
    old, young = [await exports.export("acc_a", "json", None, None) for _ in range(2)]
    await put(store, export_key("acc_a", old.id), export_key("acc_a", young.id))
    await ExportRecords(database, at(NOW)).complete(old, 5)
    await ExportRecords(database, at(NOW + DAY)).complete(young, 5)

    assert await remove_expired_archives(database, store, NOW + 7 * DAY) == 1

    assert await keys(store) == [export_key("acc_a", young.id)]
    assert await row_of(database, account_exports, old.id) is None


async def test_the_archive_holds_what_is_the_accounts_and_no_secret(
    database: Database, tmp_path: Path
) -> None:
    for account_id in ("acc_a", "acc_b"):
        await add_account(database, account_id, webhook_secret="whsec_hidden")
        await _add_key(database, account_id)
    job = await completed(records_at(database, NOW), MemoryStore())
    await completed(records_at(database, NOW), MemoryStore(), "acc_b")

    files = await _archive(database, tmp_path, "json")

    told = {name: json.loads(text) for name, text in files.items()}
    assert {name: len(rows) for name, rows in told.items()} == {
        "account.json": 1,
        "api_keys.json": 1,
        "jobs.json": 1,
        "segments.json": 1,
        "uploads.json": 0,
        "usage.json": 1,
        "webhook_deliveries.json": 1,
    }
    assert told["account.json"][0]["created_at"] == "2026-05-01T12:00:00Z"
    assert told["jobs.json"][0]["id"] == job.id
    assert told["jobs.json"][0]["request"]["metadata"] == {"n": 1}
    assert told["segments.json"][0]["sha256"] == "cd" * 32
    everything = "".join(files.values())
    assert "hidden" not in everything
    assert "acc_b" not in everything


async def test_the_tables_can_be_csv(database: Database, tmp_path: Path) -> None:
    await add_account(database, "acc_a", name="=HYPERLINK(1)")
    await completed(records_at(database, NOW), MemoryStore())

    files = await _archive(database, tmp_path, "csv")

    (account,) = csv.DictReader(io.StringIO(files["account.csv"]))
    assert account["name"] == "'=HYPERLINK(1)"
    (job,) = csv.DictReader(io.StringIO(files["jobs.csv"]))
    assert json.loads(job["request"])["metadata"] == {"n": 1}
    assert files["uploads.csv"].strip() == "id,declared,committed_size,complete,created_at"


async def test_many_rows_go_through_page_by_page(database: Database, tmp_path: Path) -> None:
    await add_account(database, "acc_a")
    for number in range(205):
        await _add_job(database, f"job_{number:04}")

    sizes: list[int] = []
    files = await _archive(database, tmp_path, "json", sizes)

    assert [row["id"] for row in json.loads(files["jobs.json"])] == [f"job_{n:04}" for n in range(205)]
    assert sizes == sorted(sizes)
    assert (tmp_path / "a.zip").stat().st_size < sizes[-1]


async def _archive(
    database: Database, folder: Path, form: str, sizes: list[int] | None = None
) -> dict[str, str]:
    path, told = folder / "a.zip", [] if sizes is None else sizes
    await write_archive(database, "acc_a", form, path, told.append)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


async def _deliveries(database: Database) -> list[dict[str, Any]]:
    async with database.reading() as connection:
        rows = await connection.execute(select(webhook_deliveries))
        return [dict(row) for row in rows.mappings()]


async def _add_key(database: Database, account_id: str) -> None:
    row = {
        "id": f"key_{account_id}",
        "account_id": account_id,
        "secret_hash": f"hidden-{account_id}",
        "request_key": "hidden",
        "created_at": NOW,
    }
    async with database.writing() as connection:
        await connection.execute(insert(api_keys).values(row))


async def _add_job(database: Database, job_id: str) -> None:
    row = {
        "id": job_id,
        "account_id": "acc_a",
        "state": "failed",
        "request": {},
        "progress": {},
        "notes": [],
        "last_sequence": 1,
        "created_at": NOW,
        "clean_up_due": False,
    }
    async with database.writing() as connection:
        await connection.execute(insert(jobs).values(row))
