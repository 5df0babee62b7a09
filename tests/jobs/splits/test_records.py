"""Records of split jobs: what each call promises, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from server.database.open import Database
from server.jobs.model import Failure, Phase, Progress, SourceFacts
from server.jobs.splits.records import SplitRecords
from server.jobs.states import State
from server.jobs.wakeups.in_process import InProcessWakeups
from server.jobs.wanted import JobNoLongerWanted
from tests.jobs.splits.work import FACTS, REQUEST, new_job, processing_job, segment, sequences, states
from zerokerf.errors import IdempotencyConflict, InvalidParams, JobNotFound


@pytest.fixture
def records(database: Database) -> SplitRecords:
    return SplitRecords(database, InProcessWakeups())


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


async def test_twenty_writers_of_one_job_leave_no_gap(records: SplitRecords) -> None:
    job = await processing_job(records)

    await asyncio.gather(
        *(records.record_progress(job.id, Progress(bytes_fetched=n)) for n in range(1, 21)),
        *(records.record_segment(job.id, segment(n, n, 1), Progress(segments_done=n)) for n in range(1, 21)),
    )
    found = await records.get("acc_a", job.id)

    assert await sequences(records, job) == list(range(1, found.last_sequence + 1))
    assert (found.progress.bytes_fetched, found.progress.segments_done) == (20, 20)
