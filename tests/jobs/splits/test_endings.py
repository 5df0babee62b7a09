"""Split jobs that end: completed when their segments add up, failed, cancelled or deleted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.database.open import Database
from server.jobs.handover.open_work import OpenWork
from server.jobs.model import Failure, Progress, StoredSegment
from server.jobs.splits.records import SplitRecords
from server.jobs.states import State
from server.jobs.wakeups.in_process import InProcessWakeups
from tests.jobs.splits.work import FACTS, new_job, processing_job, segment, sequences, states
from zerokerf.errors import JobAlreadyProcessing, JobNotCancellable, JobNotFound, SegmentsDoNotAddUp


@pytest.fixture
def records(database: Database) -> SplitRecords:
    return SplitRecords(database, InProcessWakeups())


async def test_a_job_completes_with_its_segments(records: SplitRecords) -> None:
    job = await processing_job(records)
    await records.record_source(job.id, FACTS)
    await records.record_segment(job.id, segment(1, 200, 100), Progress())
    await records.record_segment(job.id, segment(0, 0, 200), Progress())
    await records.record_segment(job.id, segment(0, 0, 200), Progress())

    completed = await records.complete(job.id)
    again = await records.complete(job.id)

    assert completed.state is State.COMPLETED
    assert completed.progress == Progress(percent=100, segments_done=2, samples_done=300)
    assert completed.ended_at is not None
    assert again == completed
    assert await records.segments(job.id) == (segment(0, 0, 200), segment(1, 200, 100))
    assert (await sequences(records, job))[-1] == completed.last_sequence == 5


@pytest.mark.parametrize(
    "stored",
    [
        [],
        [segment(0, 0, 299)],
        [segment(0, 0, 301)],
        [segment(1, 0, 300)],
        [segment(0, 0, 100), segment(2, 100, 200)],
        [segment(0, 0, 100), segment(1, 101, 199)],
        [segment(0, 1, 300)],
        [segment(0, 0, 300), segment(1, 300, 0)],
    ],
)
async def test_segments_that_do_not_add_up_never_complete(
    records: SplitRecords, stored: list[StoredSegment]
) -> None:
    job = await processing_job(records)
    await records.record_source(job.id, FACTS)
    for one in stored:
        await records.record_segment(job.id, one, Progress())

    with pytest.raises(SegmentsDoNotAddUp):
        await records.complete(job.id)
    assert (await records.get("acc_a", job.id)).state is State.PROCESSING


async def test_the_first_ending_stands(records: SplitRecords) -> None:
    job = await processing_job(records)
    failure = Failure("CORRUPT_FILE", "It is broken \0.", {"why": "x"})

    await records.fail(job.id, failure)
    await records.fail(job.id, Failure("OTHER", "Another."))
    found = await records.get("acc_a", job.id)

    assert (found.state, found.failure) == (State.FAILED, failure)
    assert await states(records, job) == [State.QUEUED, State.PROCESSING, State.FAILED]
    with pytest.raises(JobNotCancellable):
        await records.request_cancel("acc_a", job.id)


async def test_cancelling_is_an_ending_with_a_reason_and_can_be_repeated(records: SplitRecords) -> None:
    job = await processing_job(records)

    cancelled = await records.request_cancel("acc_a", job.id)
    again = await records.request_cancel("acc_a", job.id)

    assert cancelled.state is State.CANCELLED
    assert cancelled.failure is not None
    assert cancelled.failure.reason == "JOB_CANCELLED"
    assert again == cancelled


async def test_a_processing_job_cannot_be_deleted(records: SplitRecords) -> None:
    job = await processing_job(records)

    with pytest.raises(JobAlreadyProcessing):
        await records.delete("acc_a", job.id)


async def test_a_deleted_job_leaves_nothing_of_the_client(records: SplitRecords, database: Database) -> None:
    job = await processing_job(records)
    await records.record_source(job.id, replace(FACTS, file_name="secret.wav"))
    await records.record_segment(job.id, segment(0, 0, 300), Progress())
    await records.complete(job.id)

    await records.delete("acc_a", job.id)

    with pytest.raises(JobNotFound):
        await records.delete("acc_a", job.id)
    assert await records.segments(job.id) == ()
    async with database.reading() as connection:
        row = (await connection.exec_driver_sql("SELECT * FROM jobs")).one()
        events = (await connection.exec_driver_sql("SELECT count(*) FROM job_events")).scalar()
    assert events == 0
    assert "example.org" not in str(row)
    assert "secret" not in str(row)
    assert "title" not in str(row)


async def test_open_work_is_listed_oldest_first_and_continues(database: Database) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    times = (now + timedelta(seconds=second) for second in range(100))
    records = SplitRecords(database, InProcessWakeups(), lambda: next(times))
    jobs = [await new_job(records) for _ in range(5)]
    await records.begin(jobs[1].id)
    await records.request_cancel("acc_a", jobs[2].id)
    await records.delete("acc_a", jobs[3].id)

    work = OpenWork(database)
    active = await work.unstarted(2)
    rest = await work.unstarted(2, active[-1])
    due = await work.uncleaned(10)
    await records.objects_removed(jobs[2].id)

    assert [ref.id for ref in active + rest] == [jobs[0].id, jobs[1].id, jobs[4].id]
    assert [ref.id for ref in due] == [jobs[2].id, jobs[3].id]
    assert [ref.id for ref in await work.uncleaned(10)] == [jobs[3].id]


async def test_removed_objects_of_a_failed_job_take_their_segments_along(records: SplitRecords) -> None:
    failed, completed = await processing_job(records), await processing_job(records)
    for job in (failed, completed):
        await records.record_source(job.id, FACTS)
        await records.record_segment(job.id, segment(0, 0, 300), Progress())
    await records.fail(failed.id, Failure("X", "x"))
    await records.complete(completed.id)

    for job in (failed, completed):
        await records.objects_removed(job.id)

    assert await records.segments(failed.id) == ()
    assert len(await records.segments(completed.id)) == 1
