"""Records of what ended long ago go, with all that hangs on them; usage stays."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from server.database.open import Database
from server.database.tables import job_events, jobs, split_segments, usage_records, webhook_deliveries
from server.jobs.model import Failure, Terms
from server.retention.files import remove_expired_files
from server.retention.records import remove_old_deliveries, remove_old_jobs
from storage.memory import MemoryStore
from tests.retention.kept import DAY, NOW, at, begun, completed, count, records_at, row_of

LATER = NOW + 90 * DAY + timedelta(seconds=1)
FAILURE = Failure("CORRUPT_FILE", "It is broken.")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


async def test_an_old_job_goes_with_its_segments_and_events(database: Database, store: MemoryStore) -> None:
    await completed(records_at(database, NOW), store)
    await remove_expired_files(database, store, at(NOW + DAY))

    assert await remove_old_jobs(database, NOW) == 0
    assert await remove_old_jobs(database, LATER - 90 * DAY) == 1

    assert [await count(database, table) for table in (jobs, split_segments, job_events)] == [0, 0, 0]
    assert await count(database, usage_records) == 1


async def test_a_job_stays_for_as_long_as_its_files(database: Database, store: MemoryStore) -> None:
    for_ever = await completed(records_at(database, NOW), store, terms=Terms())
    late = await completed(records_at(database, NOW), store, terms=Terms(retention_hours=24 * 365))

    assert await remove_old_jobs(database, LATER) == 0
    assert await row_of(database, jobs, for_ever.id)
    assert await row_of(database, jobs, late.id)


async def test_a_failed_job_goes_once_it_is_cleaned_up(database: Database) -> None:
    records = records_at(database, NOW)
    job = await begun(records)
    await records.fail(job.id, FAILURE)
    assert await remove_old_jobs(database, LATER) == 0

    await records.objects_removed(job.id)
    assert await remove_old_jobs(database, LATER) == 1


async def test_a_deleted_job_goes_long_after_it_was_deleted(database: Database, store: MemoryStore) -> None:
    job = await completed(records_at(database, NOW), store)
    await records_at(database, NOW + 50 * DAY).delete("acc_a", job.id)
    assert await remove_old_jobs(database, NOW + 60 * DAY) == 0

    await records_at(database, NOW + 50 * DAY).objects_removed(job.id)
    assert await remove_old_jobs(database, NOW + 50 * DAY) == 0
    assert await remove_old_jobs(database, NOW + 51 * DAY) == 1


async def test_what_runs_stays_however_old_it_is(database: Database) -> None:
    await begun(records_at(database, NOW))

    assert await remove_old_jobs(database, LATER + 1000 * DAY) == 0


async def test_more_than_a_page_of_jobs_goes(database: Database) -> None:
    records = records_at(database, NOW)
    for _ in range(41):
        job = await begun(records)
        await records.fail(job.id, FAILURE)
        await records.objects_removed(job.id)

    assert await remove_old_jobs(database, LATER) == 41


async def test_deliveries_go_unless_they_are_tried_still(database: Database) -> None:
    for number, state in enumerate(("pending", "delivered", "failed", "stopped", "dropped")):
        await _add_delivery(database, f"dlv_{number}", state)

    assert await remove_old_deliveries(database, NOW) == 0
    assert await remove_old_deliveries(database, LATER) == 4
    assert await row_of(database, webhook_deliveries, "dlv_0")


async def _add_delivery(database: Database, delivery_id: str, state: str) -> None:
    row = {
        "id": delivery_id,
        "account_id": "acc_a",
        "url": "https://example.org",
        "url_hash": "0" * 64,
        "event": "job.completed",
        "detail": {},
        "state": state,
        "attempts": [],
        "created_at": NOW,
    }
    async with database.writing() as connection:
        await connection.execute(insert(webhook_deliveries).values(row))
