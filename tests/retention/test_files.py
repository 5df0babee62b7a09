"""Files go at the end of their time, and what is on record says so; a crash in between is mended."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from server.database.open import Database
from server.database.tables import jobs, split_segments, usage_records
from server.jobs.model import Terms
from server.retention.files import remove_expired_files
from storage.interface import ObjectStore
from storage.memory import MemoryStore
from tests.retention.kept import (
    DAY,
    KEPT_A_DAY,
    NOW,
    FailingStore,
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
from zerokerf.errors import Unavailable

SECOND = timedelta(seconds=1)


@pytest.fixture
def memory() -> MemoryStore:
    return MemoryStore()


async def test_files_go_and_the_record_stays(database: Database, store: ObjectStore) -> None:
    records = records_at(database, NOW)
    job = await completed(records, store)
    await put(store, f"t/acc_a/j/{job.id}/out/left-over.mp3", "t/acc_a/j/job_other/in/source")

    assert await remove_expired_files(database, store, at(NOW + DAY)) == 1

    row = await row_of(database, jobs, job.id)
    assert row is not None
    assert (row["state"], row["files_removed_at"], row["stored_bytes"]) == ("completed", NOW + DAY, 0)
    assert await keys(store) == ["t/acc_a/j/job_other/in/source"]
    assert len(await records.segments(job.id)) == 1
    assert await count(database, usage_records) == 1


@pytest.mark.parametrize(
    ("terms", "after"), [(KEPT_A_DAY, DAY - SECOND), (Terms(), 10_000 * DAY)], ids=["too young", "for ever"]
)
async def test_files_stay_for_their_time(
    database: Database, memory: MemoryStore, terms: Terms, after: timedelta
) -> None:
    job = await completed(records_at(database, NOW), memory, terms=terms)

    assert await remove_expired_files(database, memory, at(NOW + after)) == 0

    assert await keys(memory) == sorted(files_of(job))


async def test_what_runs_is_left_alone(database: Database, memory: MemoryStore) -> None:
    job = await begun(records_at(database, NOW))
    await put(memory, *files_of(job))

    assert await remove_expired_files(database, memory, at(NOW + 100 * DAY)) == 0
    assert len(await keys(memory)) == 3


async def test_a_round_that_broke_off_is_finished_by_the_next(database: Database) -> None:
    store = FailingStore(removals=1)
    for moment in (NOW, NOW + SECOND):
        await completed(records_at(database, moment), store)

    with pytest.raises(Unavailable):
        await remove_expired_files(database, store, at(NOW + 2 * DAY))
    assert len(await keys(store)) == 3

    store.removals = 10
    assert await remove_expired_files(database, store, at(NOW + 2 * DAY)) == 1
    assert await keys(store) == []


async def test_objects_that_went_before_a_crash_are_recorded_as_gone(
    database: Database, memory: MemoryStore
) -> None:
    job = await completed(records_at(database, NOW), memory)
    await memory.delete_prefix(f"t/acc_a/j/{job.id}/")

    assert await remove_expired_files(database, memory, at(NOW + DAY)) == 1

    row = await row_of(database, jobs, job.id)
    assert row is not None
    assert row["files_removed_at"] == NOW + DAY


async def test_one_whose_place_is_refused_does_not_keep_the_others(
    database: Database, memory: MemoryStore
) -> None:
    await _add_row(database, "job_bad", "acc/bad", NOW)
    job = await completed(records_at(database, NOW), memory)

    assert await remove_expired_files(database, memory, at(NOW + DAY)) == 1

    row = await row_of(database, jobs, job.id)
    assert row is not None
    assert row["files_removed_at"] is not None


async def test_many_are_removed_page_by_page(database: Database, memory: MemoryStore) -> None:
    for number in range(205):
        await _add_row(database, f"job_{number:03}", "acc_a", NOW)

    assert await remove_expired_files(database, memory, at(NOW)) == 205
    assert await remove_expired_files(database, memory, at(NOW)) == 0
    assert await count(database, split_segments) == 0


async def _add_row(database: Database, job_id: str, account_id: str, expires_at: datetime) -> None:
    row = {
        "id": job_id,
        "account_id": account_id,
        "state": "completed",
        "request": {},
        "progress": {},
        "notes": [],
        "last_sequence": 1,
        "created_at": NOW - DAY,
        "ended_at": NOW - DAY,
        "clean_up_due": False,
        "files_expire_at": expires_at,
    }
    async with database.writing() as connection:
        await connection.execute(insert(jobs).values(row))
