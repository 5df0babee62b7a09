"""The end of an account: keys at once, files soon, records in the end, and what was used never."""

from datetime import datetime

import pytest
from sqlalchemy import Table, insert, select

from server.accounts.closing import ClosedRef, Closing
from server.database.open import Database
from server.database.tables import (
    account_exports,
    accounts,
    api_keys,
    jobs,
    uploads,
    usage_records,
    webhook_deliveries,
    webhook_endpoints,
)
from server.jobs.model import Failure
from server.retention.closed import ClosedAccounts
from storage.memory import MemoryStore
from tests.retention.kept import (
    DAY,
    NOW,
    add_account,
    at,
    begun,
    completed,
    count,
    files_of,
    keys,
    put,
    records_at,
    row_of,
)
from zerokerf.errors import Unauthenticated, Unavailable


class NotedClosings:
    def __init__(self) -> None:
        self.started: list[str] = []
        self.is_there = True

    async def start_closing(self, account_id: str) -> None:
        if not self.is_there:
            raise Unavailable("The job engine")
        self.started.append(account_id)


@pytest.fixture
def engine() -> NotedClosings:
    return NotedClosings()


@pytest.fixture
async def store(database: Database) -> MemoryStore:
    """With two accounts, each of which has a key, a webhook, an upload, an archive and a job with files."""
    store = MemoryStore()
    for account_id in ("acc_a", "acc_b"):
        await add_account(database, account_id, name="North", webhook_secret="whsec_x")
        await completed(records_at(database, NOW), store, account_id)
        await _add_belongings(database, account_id)
        await put(store, f"t/{account_id}/u/upl_{account_id}/data.bin", f"t/{account_id}/x/exp/a.zip")
    return store


async def test_closing_ends_all_keys_and_says_when_the_rest_goes(
    database: Database, store: MemoryStore, engine: NotedClosings
) -> None:
    closing = Closing(database, engine, at(NOW))

    assert await closing.close("acc_a") == NOW + 30 * DAY

    account = await row_of(database, accounts, "acc_a")
    assert account is not None
    assert (account["closed_at"], account["purge_at"]) == (NOW, NOW + 30 * DAY)
    assert await _revoked(database) == {"key_acc_a": NOW, "key_acc_b": None}
    assert engine.started == ["acc_a"]


async def test_closing_again_changes_nothing(
    database: Database, store: MemoryStore, engine: NotedClosings
) -> None:
    await Closing(database, engine, at(NOW)).close("acc_a")

    assert await Closing(database, engine, at(NOW + DAY)).close("acc_a") == NOW + 30 * DAY
    assert (await _revoked(database))["key_acc_a"] == NOW


async def test_an_unknown_account_cannot_be_closed(database: Database, engine: NotedClosings) -> None:
    with pytest.raises(Unauthenticated):
        await Closing(database, engine).close("acc_nobody")


async def test_what_the_engine_could_not_take_is_found_until_it_is_done(
    database: Database, store: MemoryStore, engine: NotedClosings
) -> None:
    closing = Closing(database, engine, at(NOW))
    engine.is_there = False
    await closing.close("acc_a")
    await Closing(database, engine, at(NOW + DAY)).close("acc_b")

    first, second = await closing.unfinished(10)
    assert (first, second) == (ClosedRef("acc_a", NOW), ClosedRef("acc_b", NOW + DAY))
    assert await closing.unfinished(1) == (first,)
    assert await closing.unfinished(10, first) == (second,)
    with pytest.raises(Unavailable):
        await closing.hand_over(first)

    await ClosedAccounts(database, store, at(NOW)).remove_files("acc_a")
    assert await closing.unfinished(10) == (second,)


async def test_its_files_go_and_nobody_elses(database: Database, store: MemoryStore) -> None:
    removed = await ClosedAccounts(database, store, at(NOW)).remove_files("acc_a")

    assert removed == 5
    assert all(key.startswith("t/acc_b/") for key in await keys(store))
    assert len(await keys(store)) == 5
    assert [await count(database, table) for table in (uploads, account_exports)] == [1, 1]
    assert await _removed_at(database) == {"acc_a": NOW, "acc_b": None}


async def test_a_job_that_is_being_cleaned_up_is_not_done_with(
    database: Database, store: MemoryStore, engine: NotedClosings
) -> None:
    records, closed = records_at(database, NOW), ClosedAccounts(database, store, at(NOW))
    closing = Closing(database, engine, at(NOW))
    job = await begun(records)
    await closing.close("acc_a")
    await records.request_cancel("acc_a", job.id)

    await closed.remove_files("acc_a")
    assert [ref.id for ref in await closing.unfinished(10)] == ["acc_a"]

    await put(store, *files_of(job))
    await records.objects_removed(job.id)
    await closed.remove_files("acc_a")
    assert await closing.unfinished(10) == ()


async def test_active_jobs_are_found_and_ended_ones_are_not(database: Database, store: MemoryStore) -> None:
    records = records_at(database, NOW)
    running, failed = await begun(records), await begun(records)
    await begun(records, "acc_b")
    await records.fail(failed.id, Failure("CORRUPT_FILE", "It is broken."))

    found = await ClosedAccounts(database, store).active_jobs("acc_a")

    assert [(job["id"], job["kind"]) for job in found] == [(running.id, "split")]


async def test_webhooks_that_are_due_are_stopped(database: Database, store: MemoryStore) -> None:
    await ClosedAccounts(database, store, at(NOW)).stop_webhooks("acc_a")

    async with database.reading() as connection:
        rows = await connection.execute(select(webhook_deliveries))
        states = {(row.account_id, row.state) for row in rows}
    assert states == {("acc_a", "stopped"), ("acc_b", "pending")}


async def test_in_the_end_nothing_is_left_but_what_was_used(
    database: Database, store: MemoryStore, engine: NotedClosings
) -> None:
    await Closing(database, engine, at(NOW)).close("acc_a")
    assert await ClosedAccounts(database, store, at(NOW + 29 * DAY)).purge() == 0
    assert await count(database, jobs) == 2

    closed = ClosedAccounts(database, store, at(NOW + 30 * DAY))
    assert await closed.purge() == 1
    assert await closed.purge() == 0

    for table in (jobs, api_keys, webhook_deliveries, webhook_endpoints, uploads, account_exports):
        assert await _owners(database, table) == {"acc_b"}, table.name
    assert await _owners(database, usage_records) == {"acc_a", "acc_b"}
    account, other = await row_of(database, accounts, "acc_a"), await row_of(database, accounts, "acc_b")
    assert account is not None
    assert other is not None
    assert (account["name"], account["webhook_secret"], account["closed_at"]) == ("", None, NOW)
    assert (other["name"], other["webhook_secret"]) == ("North", "whsec_x")
    assert await Closing(database, engine, at(NOW + 31 * DAY)).close("acc_a") == NOW + 30 * DAY


async def _add_belongings(database: Database, account_id: str) -> None:
    mine = {"account_id": account_id, "created_at": NOW}
    made = {"fingerprint": "f", "request_key": account_id}
    uploaded = {"declared": {}, "committed_size": 0, "last_part": 0, "complete": False}
    url = {"url": "https://example.org", "url_hash": "0" * 64}
    rows = (
        (api_keys, {"id": f"key_{account_id}", "secret_hash": account_id, **mine}),
        (uploads, {"id": f"upl_{account_id}", **uploaded, **made, **mine}),
        (
            account_exports,
            {"id": f"exp_{account_id}", "format": "json", "state": "completed", **made, **mine},
        ),
        (webhook_endpoints, {"account_id": account_id, "failed_in_a_row": 0, **url}),
    )
    async with database.writing() as connection:
        for table, row in rows:
            await connection.execute(insert(table).values(row))


async def _revoked(database: Database) -> dict[str, datetime | None]:
    async with database.reading() as connection:
        rows = await connection.execute(select(api_keys.c.id, api_keys.c.revoked_at))
        return {row.id: row.revoked_at for row in rows}


async def _removed_at(database: Database) -> dict[str, datetime | None]:
    async with database.reading() as connection:
        rows = await connection.execute(select(jobs.c.account_id, jobs.c.files_removed_at))
        return {row.account_id: row.files_removed_at for row in rows}


async def _owners(database: Database, table: Table) -> set[str]:
    async with database.reading() as connection:
        return set((await connection.execute(select(table.c.account_id))).scalars())
