"""Records of split jobs: what each call promises, on both databases."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.database.open import Database
from server.jobs.model import Failure, Phase, Progress, SourceFacts, SplitJob, SplitRequest, StoredSegment
from server.jobs.open_work import OpenWork
from server.jobs.split_records import SplitRecords
from server.jobs.states import State
from server.jobs.wakeups_in_process import InProcessWakeups
from server.jobs.wanted import JobNoLongerWanted
from zerokerf.errors import (
    IdempotencyConflict,
    InvalidParams,
    JobAlreadyProcessing,
    JobNotCancellable,
    JobNotFound,
    SegmentsDoNotAddUp,
)

REQUEST = SplitRequest(
    source_url="https://example.org/a.wav",
    segment_ns=600_000_000_000,
    output_format="mp3",
    webhook_url="https://example.org/hook",
    metadata={"title": "Zoë \0 \ud800", "n": 1, "half": 0.5, "yes": True, "none": None},
)
FACTS = SourceFacts("a.wav", 1000, "ab" * 32, "wav", 8000, 1, 300)


@pytest.fixture
def records(database: Database) -> SplitRecords:
    return SplitRecords(database, InProcessWakeups())


async def new_job(records: SplitRecords, account_id: str = "acc_a") -> SplitJob:
    return await records.create(account_id, REQUEST, None)


async def processing_job(records: SplitRecords) -> SplitJob:
    job = await new_job(records)
    return await records.begin(job.id)


def segment(index: int, first: int, count: int) -> StoredSegment:
    return StoredSegment(index, first, count, 10, "cd" * 32, reason="planned")


async def sequences(records: SplitRecords, job: SplitJob) -> list[int]:
    _, events = await records.events(job.account_id, job.id, 0, 1000)
    return [event.sequence for event in events]


async def states(records: SplitRecords, job: SplitJob) -> list[State]:
    _, events = await records.events(job.account_id, job.id, 0, 1000)
    return [event.state for event in events]


async def test_a_new_job_is_queued_and_comes_back_as_it_was_asked(records: SplitRecords) -> None:
    job = await new_job(records)

    found = await records.get("acc_a", job.id)

    assert found == job
    assert (found.state, found.request, found.last_sequence) == (State.QUEUED, REQUEST, 1)
    assert found.created_at.utcoffset() == timedelta(0)
    assert await sequences(records, job) == [1]


async def test_the_same_request_id_returns_the_first_job(records: SplitRecords) -> None:
    first = await records.create("acc_a", REQUEST, "req-1\0" + "x" * 5000)
    again = await records.create("acc_a", REQUEST, "req-1\0" + "x" * 5000)
    other_account = await records.create("acc_b", REQUEST, "req-1\0" + "x" * 5000)

    assert again == first
    assert other_account.id != first.id
    assert await sequences(records, first) == [1]


async def test_many_at_once_with_one_request_id_make_one_job(records: SplitRecords) -> None:
    jobs = await asyncio.gather(*(records.create("acc_a", REQUEST, "req-1") for _ in range(10)))

    assert len({job.id for job in jobs}) == 1


async def test_another_request_with_a_used_request_id_is_a_conflict(records: SplitRecords) -> None:
    await records.create("acc_a", REQUEST, "req-1")

    with pytest.raises(IdempotencyConflict):
        await records.create("acc_a", replace(REQUEST, output_format="wav"), "req-1")


async def test_the_request_id_of_a_deleted_job_makes_no_new_one(records: SplitRecords) -> None:
    job = await records.create("acc_a", REQUEST, "req-1")
    await records.delete("acc_a", job.id)

    with pytest.raises(JobNotFound):
        await records.create("acc_a", REQUEST, "req-1")


async def test_numbers_that_json_cannot_carry_are_refused(records: SplitRecords) -> None:
    with pytest.raises(InvalidParams):
        await records.create("acc_a", replace(REQUEST, metadata={"n": float("nan")}), None)


@pytest.mark.parametrize(
    "job_id",
    [
        "",
        "job_",
        "a" * 10_000,
        "job_../../etc/passwd",
        "job_0123456789abcdefghi\0",
        "job_0123456789abcdefghié",
        "job_0123456789abcdefghij\n",
        "JOB_0123456789abcdefghij",
        "upl_0123456789abcdefghij",
        "\ud800",
    ],
)
async def test_what_cannot_be_an_id_is_not_found(records: SplitRecords, job_id: str) -> None:
    with pytest.raises(JobNotFound) as caught:
        await records.get("acc_a", job_id)

    assert len(caught.value.sentence) < 100
    with pytest.raises(JobNotFound):
        await records.delete("acc_a", job_id)
    with pytest.raises(JobNotFound):
        await records.request_cancel("acc_a", job_id)


async def test_another_account_finds_nothing(records: SplitRecords) -> None:
    job = await new_job(records)

    for call in (records.get, records.delete, records.request_cancel):
        with pytest.raises(JobNotFound):
            await call("acc_b", job.id)
    assert (await records.get("acc_a", job.id)).state is State.QUEUED


async def test_a_job_begins_once(records: SplitRecords) -> None:
    job = await new_job(records)

    begun = await records.begin(job.id)
    again = await records.begin(job.id)

    assert begun.state is State.PROCESSING
    assert begun.started_at is not None
    assert again == begun
    assert await states(records, job) == [State.QUEUED, State.PROCESSING]


async def test_an_ended_or_deleted_job_is_no_longer_wanted(records: SplitRecords) -> None:
    cancelled, deleted = await new_job(records), await new_job(records)
    await records.request_cancel("acc_a", cancelled.id)
    await records.delete("acc_a", deleted.id)

    for job in (cancelled, deleted):
        with pytest.raises(JobNoLongerWanted):
            await records.begin(job.id)
        with pytest.raises(JobNoLongerWanted):
            await records.record_progress(job.id, Progress(percent=5))
        with pytest.raises(JobNoLongerWanted):
            await records.record_segment(job.id, segment(0, 0, 1), Progress())
        with pytest.raises(JobNoLongerWanted):
            await records.record_source(job.id, FACTS)
        with pytest.raises(JobNoLongerWanted):
            await records.complete(job.id)
        await records.fail(job.id, Failure("X", "x"))
    assert (await records.get("acc_a", cancelled.id)).state is State.CANCELLED
    assert await records.load(deleted.id) is None


async def test_facts_of_the_source_fill_in_without_an_event(records: SplitRecords) -> None:
    job = await processing_job(records)

    await records.record_source(job.id, SourceFacts("a.wav", size_bytes=1000, sha256="ab" * 32))
    await records.record_source(job.id, SourceFacts("a.wav", sample_rate=8000), "mp3", ("Resampled",))
    await records.record_source(job.id, SourceFacts("a.wav"), None, ("Resampled", "Mixed down"))
    found = await records.get("acc_a", job.id)

    assert found.source == SourceFacts("a.wav", 1000, "ab" * 32, sample_rate=8000)
    assert (found.output_format, found.notes) == ("mp3", ("Resampled", "Mixed down"))
    assert found.last_sequence == 2


async def test_progress_never_goes_down_and_repeats_make_no_event(records: SplitRecords) -> None:
    job = await processing_job(records)

    await records.record_progress(job.id, Progress(40, Phase.CUTTING, bytes_fetched=7, samples_done=5))
    late = await records.record_progress(job.id, Progress(30, Phase.FETCHING, bytes_fetched=9))
    same = await records.record_progress(job.id, Progress(10, None, samples_done=5))

    assert late.progress == Progress(40, Phase.CUTTING, bytes_fetched=9, samples_done=5)
    assert same == late
    assert await sequences(records, job) == [1, 2, 3, 4]


async def test_a_sign_of_life_is_an_event_of_its_own(records: SplitRecords) -> None:
    job = await processing_job(records)

    alive = await records.record_progress(job.id, Progress(), unless_heard_within=timedelta(0))

    assert alive.progress == job.progress
    assert await sequences(records, job) == [1, 2, 3]


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


async def test_twenty_writers_of_one_job_leave_no_gap(records: SplitRecords) -> None:
    job = await processing_job(records)

    await asyncio.gather(
        *(records.record_progress(job.id, Progress(bytes_fetched=n)) for n in range(1, 21)),
        *(records.record_segment(job.id, segment(n, n, 1), Progress(segments_done=n)) for n in range(1, 21)),
    )
    found = await records.get("acc_a", job.id)

    assert await sequences(records, job) == list(range(1, found.last_sequence + 1))
    assert (found.progress.bytes_fetched, found.progress.segments_done) == (20, 20)
