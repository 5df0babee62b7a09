"""What follows from a change of a job is written with it: usage, word to its webhook, an end to its files."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, insert, select

from server.database.hashes import url_hash
from server.database.open import Database
from server.database.tables import usage_records, webhook_deliveries, webhook_endpoints
from server.jobs.batch.model import BatchRequest
from server.jobs.batch.records import BatchRecords
from server.jobs.model import Failure, Progress, SourceFacts, SplitJob, Terms
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from tests.jobs.splits.work import FACTS, REQUEST, segment

NOW = datetime(2026, 5, 1, tzinfo=UTC)
FAILURE = Failure("CORRUPT_FILE", "It is broken.")
TERMS = Terms(api_key_id="key_a", retention_hours=24, progress_told_above_bytes=500)


@pytest.fixture
def records(database: Database) -> SplitRecords:
    return SplitRecords(database, InProcessWakeups(), lambda: NOW)


async def rows(database: Database, table: Table) -> list[dict[str, Any]]:
    async with database.reading() as connection:
        found = (await connection.execute(select(table))).mappings().all()
    return sorted((dict(row) for row in found), key=lambda row: str(row.get("detail")))


async def begun(
    records: SplitRecords, terms: Terms = TERMS, url: str | None = REQUEST.webhook_url
) -> SplitJob:
    job = await records.create("acc_a", replace(REQUEST, webhook_url=url), None, terms)
    await records.begin(job.id)
    return await records.record_source(job.id, FACTS, "mp3")


async def completed(records: SplitRecords, terms: Terms = TERMS) -> SplitJob:
    job = await begun(records, terms)
    await records.record_segment(job.id, segment(0, 0, 300), Progress())
    return await records.complete(job.id)


async def test_a_completed_job_counts_its_recording_once(records: SplitRecords, database: Database) -> None:
    job = await completed(records)
    await records.complete(job.id)

    (usage,) = await rows(database, usage_records)
    assert usage == {
        "job_id": job.id,
        "account_id": "acc_a",
        "kind": "split",
        "state": "completed",
        "audio_ms": 37,  # 300 samples at 8 kHz
        "ended_at": NOW,
    }


async def test_a_failed_job_is_counted_and_has_used_no_minutes(
    records: SplitRecords, database: Database
) -> None:
    job = await begun(records)
    await records.fail(job.id, FAILURE)
    await records.fail(job.id, FAILURE)

    (usage,) = await rows(database, usage_records)
    assert (usage["state"], usage["audio_ms"]) == ("failed", 0)


async def test_a_trial_counts_for_nothing(records: SplitRecords, database: Database) -> None:
    await completed(records, replace(TERMS, is_test=True))

    assert await rows(database, usage_records) == []


async def test_usage_stays_when_its_job_is_deleted(records: SplitRecords, database: Database) -> None:
    job = await completed(records)
    await records.delete("acc_a", job.id)

    assert len(await rows(database, usage_records)) == 1


async def test_a_completed_job_says_what_it_keeps_and_until_when(records: SplitRecords) -> None:
    job = await completed(records)

    assert job.files_expire_at == NOW + timedelta(hours=24)
    assert job.stored_bytes == 1000 + 10  # the source and one segment
    assert (await records.get("acc_a", job.id)).terms == TERMS


async def test_without_a_limit_files_are_kept(records: SplitRecords) -> None:
    job = await completed(records, replace(TERMS, retention_hours=None))

    assert job.files_expire_at is None


async def test_the_end_of_a_job_is_due_to_be_told(records: SplitRecords, database: Database) -> None:
    job = await completed(records, replace(TERMS, progress_told_above_bytes=10**9))

    (due,) = await rows(database, webhook_deliveries)
    assert (due["job_id"], due["url"], due["event"]) == (job.id, REQUEST.webhook_url, "job.completed")
    assert (due["state"], due["attempts"], due["next_attempt_at"]) == ("pending", [], NOW)


@pytest.mark.parametrize("ending", ["fail", "cancel"])
async def test_a_job_that_fails_or_is_cancelled_is_told_as_failed(
    records: SplitRecords, database: Database, ending: str
) -> None:
    job = await begun(records)
    await (records.fail(job.id, FAILURE) if ending == "fail" else records.request_cancel("acc_a", job.id))

    assert [due["event"] for due in await rows(database, webhook_deliveries)] == ["job.failed"]


async def test_without_a_webhook_nothing_is_due(records: SplitRecords, database: Database) -> None:
    job = await begun(records, url=None)
    await records.fail(job.id, FAILURE)

    assert await rows(database, webhook_deliveries) == []


async def test_progress_of_a_large_recording_is_told_at_each_milestone_once(
    records: SplitRecords, database: Database
) -> None:
    job = await begun(records)
    for percent in (10, 30, 30, 80, 90):
        await records.record_progress(job.id, Progress(percent=percent))

    told = [due["detail"] for due in await rows(database, webhook_deliveries)]
    assert told == [{"progress": 25}, {"progress": 50}, {"progress": 75}]


async def test_progress_of_a_small_recording_is_not_told(records: SplitRecords, database: Database) -> None:
    job = await begun(records, replace(TERMS, progress_told_above_bytes=1000))
    await records.record_progress(job.id, Progress(percent=80))

    assert await rows(database, webhook_deliveries) == []


async def test_a_deleted_job_is_not_told_of_any_more(records: SplitRecords, database: Database) -> None:
    job = await completed(records, replace(TERMS, progress_told_above_bytes=10**9))
    await records.delete("acc_a", job.id)

    (stopped,) = await rows(database, webhook_deliveries)
    assert (stopped["state"], stopped["next_attempt_at"], stopped["ended_at"]) == ("stopped", None, NOW)


async def test_what_goes_to_a_disabled_webhook_is_logged_and_dropped(
    records: SplitRecords, database: Database
) -> None:
    url = REQUEST.webhook_url or ""
    disabled = {"account_id": "acc_a", "url": url, "url_hash": url_hash(url), "failed_in_a_row": 3}
    async with database.writing() as connection:
        await connection.execute(insert(webhook_endpoints).values(disabled | {"disabled_at": NOW}))
    job = await begun(records)
    await records.fail(job.id, FAILURE)

    (dropped,) = await rows(database, webhook_deliveries)
    assert (dropped["state"], dropped["next_attempt_at"]) == ("dropped", None)


async def test_a_transcription_is_counted_told_and_kept_alike(database: Database) -> None:
    records = BatchRecords(database, InProcessWakeups(), lambda: NOW)
    request = BatchRequest(source_url="https://example.org/a.wav", webhook_url="https://example.org/hook")
    job = await records.create("acc_a", request, terms=TERMS)
    await records.begin(job.id)
    await records.record_source(job.id, SourceFacts("a.wav", 1000, sample_rate=8000, sample_count=16000), ())
    done = await records.complete(job.id, {}, transcript_bytes=50)

    (usage,) = await rows(database, usage_records)
    (due,) = await rows(database, webhook_deliveries)
    assert (usage["kind"], usage["audio_ms"]) == ("batch", 2000)
    assert due["event"] == "batch.done"
    assert (done.stored_bytes, done.files_expire_at) == (1050, NOW + timedelta(hours=24))


async def test_a_request_id_is_free_again_after_a_day(database: Database) -> None:
    now = [NOW]
    records = SplitRecords(database, InProcessWakeups(), lambda: now[0])
    first = await records.create("acc_a", REQUEST, "req-1")
    now[0] += timedelta(hours=23, minutes=59)
    again = await records.create("acc_a", REQUEST, "req-1")
    now[0] += timedelta(minutes=2)
    another = await records.create("acc_a", REQUEST, "req-1")

    assert again.id == first.id != another.id
