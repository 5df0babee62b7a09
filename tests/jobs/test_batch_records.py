"""Records of transcription jobs: named by their owners, kept when deleted, counted by what was heard."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from server.database.open import Database
from server.jobs.batch_model import BatchJob, BatchRequest, BatchState
from server.jobs.batch_records import BatchRecords
from server.jobs.batch_states import batch_state
from server.jobs.events import watch
from server.jobs.model import Failure, Phase, Progress, SourceFacts, SplitRequest
from server.jobs.open_work import OpenWork
from server.jobs.speech_model import PREPARED_PERCENT, RECOGNIZED_PERCENT, SpeechChunk
from server.jobs.split_records import SplitRecords
from server.jobs.states import State
from server.jobs.wakeups_in_process import InProcessWakeups
from server.jobs.wanted import JobNoLongerWanted
from zerokerf.errors import (
    IdempotencyConflict,
    JobExists,
    JobNotCancellable,
    JobNotDeletable,
    JobNotFound,
)

REQUEST = BatchRequest(
    source_url="https://example.org/a.wav",
    model_code="ours/small",
    transcription_config={"language": "en", "operating_point": "standard", "diarization": "none"},
    metadata={"team": {"name": "north", "floors": [1, 2.5, None]}},
)
HEARD = {"windows": [["hello", 0, 1]]}


@dataclass(frozen=True)
class Upload:
    job_id: str | None = None


@pytest.fixture
def records(database: Database) -> BatchRecords:
    return BatchRecords(database, InProcessWakeups())


async def begun(records: BatchRecords, public_id: str = "call17") -> BatchJob:
    job = await records.create("acc_a", REQUEST, public_id)
    return await records.begin(job.id)


async def done(records: BatchRecords, public_id: str = "call17") -> BatchJob:
    job = await begun(records, public_id)
    return await records.complete(job.id, {"word_count": 3, "language": "en"})


def chunks(count: int, channels: int = 1) -> list[SpeechChunk]:
    return [
        SpeechChunk(channel, index, index * 100, 100, ((index * 100, index * 100 + 50),))
        for channel in range(channels)
        for index in range(count)
    ]


async def planned(records: BatchRecords, plan: Sequence[SpeechChunk], sample_count: int) -> BatchJob:
    job = await begun(records)
    return await records.plan_chunks(job.id, plan, sample_count, 16_000, "en")


async def test_a_new_job_is_found_by_its_name_as_it_was_asked_for(records: BatchRecords) -> None:
    job = await records.create("acc_a", REQUEST, "call17")

    assert await records.find("acc_a", "call17") == job
    assert (job.state, job.public_id, job.request, job.last_sequence) == (State.QUEUED, "call17", REQUEST, 1)


async def test_a_job_without_a_name_gets_one_of_letters_and_digits(records: BatchRecords) -> None:
    names = {(await records.create("acc_a", REQUEST)).public_id or "" for _ in range(3)}

    assert len(names) == 3
    assert all(name.startswith("job") and len(name) == 35 and int(name[3:], 16) >= 0 for name in names)


async def test_names_are_an_accounts_own(records: BatchRecords) -> None:
    mine = await records.create("acc_a", REQUEST, "call17")
    theirs = await records.create("acc_b", REQUEST, "call17")

    assert mine.id != theirs.id
    with pytest.raises(JobNotFound):
        await records.find("acc_c", "call17")
    with pytest.raises(JobNotFound):
        await records.get("acc_b", mine.id)


async def test_a_name_is_not_used_twice(records: BatchRecords) -> None:
    first = await records.create("acc_a", REQUEST, "call17")
    other = replace(REQUEST, source_url="https://example.org/b.wav")

    with pytest.raises(JobExists):
        await records.create("acc_a", other, "call17")
    with pytest.raises(JobExists):
        await records.require_free("acc_a", "call17")

    await records.require_free("acc_b", "call17")
    assert await records.find("acc_a", "call17") == first


async def test_of_many_that_arrive_at_once_one_gets_the_name(records: BatchRecords) -> None:
    made = await asyncio.gather(
        *(records.create("acc_a", REQUEST, "call17") for _ in range(8)), return_exceptions=True
    )

    jobs = [each for each in made if not isinstance(each, BaseException)]
    assert len(jobs) == 1
    assert all(isinstance(each, JobExists) for each in made if each is not jobs[0])
    assert await records.find("acc_a", "call17") == jobs[0]


async def test_the_name_of_a_deleted_job_stays_taken(records: BatchRecords) -> None:
    await done(records)
    await records.delete("acc_a", "call17")

    with pytest.raises(JobExists):
        await records.create("acc_a", REQUEST, "call17")


async def test_a_repeat_is_the_first_job_also_when_that_is_deleted(records: BatchRecords) -> None:
    first = await records.create("acc_a", REQUEST, None, "req-1")
    again = await records.create("acc_a", REQUEST, None, "req-1")
    await records.fail(first.id, Failure("CORRUPT_FILE", "It broke."))
    await records.delete("acc_a", first.public_id or "")
    later = await records.create("acc_a", REQUEST, None, "req-1")

    assert again == first
    assert (later.id, later.deleted_at is not None) == (first.id, True)


@pytest.mark.parametrize(
    ("public_id", "request_"),
    [
        ("call18", REQUEST),
        (None, REQUEST),
        ("call17", replace(REQUEST, model_code="ours/large")),
        ("call17", replace(REQUEST, metadata=None)),
    ],
    ids=["name", "no name", "model", "metadata"],
)
async def test_a_request_id_stands_for_one_request(
    records: BatchRecords, public_id: str | None, request_: BatchRequest
) -> None:
    await records.create("acc_a", REQUEST, "call17", "req-1")

    with pytest.raises(IdempotencyConflict):
        await records.create("acc_a", request_, public_id, "req-1")


async def test_a_request_id_of_a_split_job_is_not_free(records: BatchRecords, database: Database) -> None:
    splits = SplitRecords(database, InProcessWakeups())
    split = await splits.create("acc_a", SplitRequest(source_url="https://e.org/a", parts=2), "req-1")
    await splits.delete("acc_a", split.id)

    with pytest.raises(IdempotencyConflict):
        await records.create("acc_a", REQUEST, None, "req-1")


async def test_a_repeated_stream_is_known_by_its_bytes(records: BatchRecords) -> None:
    streamed = replace(REQUEST, source_url=None, upload_id="upl_1", upload_sha256="a" * 64)
    first = await records.create("acc_a", streamed, "call17", "req-1")

    again = await records.create("acc_a", replace(streamed, upload_id="upl_2"), "call17", "req-1")

    assert again == first
    with pytest.raises(IdempotencyConflict):
        await records.create("acc_a", replace(streamed, upload_sha256="b" * 64), "call17", "req-1")


async def test_an_upload_that_was_made_for_a_job_names_it_and_has_one(records: BatchRecords) -> None:
    upload, request = (
        Upload("call17"),
        replace(REQUEST, source_url=None, upload_id="upl_0123456789abcdefghij"),
    )

    job = await records.create("acc_a", request, upload=upload)

    assert (job.id, job.public_id) == ("job_0123456789abcdefghij", "call17")
    with pytest.raises(JobExists) as again:
        await records.create("acc_a", request, upload=upload)
    with pytest.raises(JobExists) as renamed:
        await records.create("acc_a", request, "call18", upload=upload)
    assert {again.value.facts["jobId"], renamed.value.facts["jobId"]} == {"call17"}


async def test_other_uploads_may_have_many_jobs(records: BatchRecords) -> None:
    request = replace(REQUEST, source_url=None, upload_id="upl_0123456789abcdefghij")

    jobs = [await records.create("acc_a", request, upload=Upload()) for _ in range(2)]

    assert len({job.id for job in jobs}) == 2


async def test_only_ended_jobs_are_deleted_and_only_once(records: BatchRecords) -> None:
    await records.create("acc_a", REQUEST, "queued")
    await begun(records, "begun")
    await done(records, "done")

    for public_id in ("queued", "begun"):
        with pytest.raises(JobNotDeletable) as refused:
            await records.delete("acc_a", public_id)
        assert refused.value.facts == {"jobId": public_id}
    await records.delete("acc_a", "done")
    with pytest.raises(JobNotDeletable):
        await records.delete("acc_a", "done")
    with pytest.raises(JobNotFound):
        await records.delete("acc_b", "done")


async def test_a_deleted_job_keeps_its_record_and_is_due_to_be_cleaned(
    records: BatchRecords, database: Database
) -> None:
    before = await done(records)

    await records.delete("acc_a", "call17")

    after = await records.find("acc_a", "call17")
    assert (after.request, after.outcome, after.ended_at) == (before.request, before.outcome, before.ended_at)
    assert batch_state(after.state, after.progress.phase, after.deleted_at) is BatchState.DELETED
    assert after.deleted_at is not None
    assert after.updated_at == after.deleted_at
    assert [ref.id for ref in await OpenWork(database).uncleaned(10)] == [before.id]
    with pytest.raises(JobNoLongerWanted):
        await records.record_progress(before.id, Progress(percent=50))


async def test_the_events_of_a_deleted_job_can_be_watched(records: BatchRecords) -> None:
    job = await done(records)
    await records.delete("acc_a", "call17")

    events = [event async for event in watch(records, InProcessWakeups(), "acc_a", job.id, 0)]

    assert [event.sequence for event in events] == [1, 2, 3]
    assert events[-1].state is State.COMPLETED


async def test_cancelling_stops_a_job_for_good(records: BatchRecords) -> None:
    job = await begun(records)

    cancelled = await records.cancel("acc_a", "call17")
    again = await records.cancel("acc_a", "call17")

    assert again == cancelled
    assert cancelled.failure is not None
    assert cancelled.failure.reason == "JOB_CANCELLED"
    assert batch_state(cancelled.state, None) is BatchState.FAILED
    with pytest.raises(JobNoLongerWanted):
        await records.complete(job.id, {})


async def test_a_job_that_has_ended_otherwise_is_not_cancelled(records: BatchRecords) -> None:
    await done(records)

    with pytest.raises(JobNotCancellable) as ended:
        await records.cancel("acc_a", "call17")
    await records.delete("acc_a", "call17")
    with pytest.raises(JobNotCancellable) as deleted:
        await records.cancel("acc_a", "call17")

    assert ended.value.facts == {"jobId": "call17", "state": "completed"}
    assert deleted.value.facts == {"jobId": "call17", "state": "deleted"}
    with pytest.raises(JobNotFound):
        await records.cancel("acc_b", "call17")


async def test_what_is_heard_moves_the_job_from_prepared_to_recognized(records: BatchRecords) -> None:
    job = await planned(records, chunks(4), 400)
    seen = [job.progress.percent]

    for index in (2, 0, 1, 3):
        job = await records.record_heard(job.id, 0, index, HEARD)
        seen.append(job.progress.percent)

    assert (seen[0], seen[-1]) == (PREPARED_PERCENT, RECOGNIZED_PERCENT)
    assert seen == sorted(set(seen))
    assert (job.progress.samples_done, job.progress.segments_done) == (400, 4)
    assert job.progress.phase is Phase.TRANSCRIBING


async def test_channels_side_by_side_count_the_recording_once(records: BatchRecords) -> None:
    job = await planned(records, chunks(2, channels=2), 200)

    job = await records.record_heard(job.id, 1, 0, HEARD)
    assert (job.progress.samples_done, job.progress.samples_total) == (50, 200)
    for channel, index in ((0, 0), (0, 1), (1, 1)):
        job = await records.record_heard(job.id, channel, index, HEARD)

    assert (job.progress.samples_done, job.progress.segments_done) == (200, 4)
    assert job.progress.percent == RECOGNIZED_PERCENT


async def test_hearing_a_chunk_again_changes_nothing(records: BatchRecords) -> None:
    job = await planned(records, chunks(2), 200)
    job = await records.record_heard(job.id, 0, 1, HEARD)

    again = await records.record_heard(job.id, 0, 1, {"windows": []})

    assert again == job
    assert (await records.chunk(job.id, 0, 1)).heard == HEARD


async def test_planning_again_keeps_what_was_heard(records: BatchRecords) -> None:
    job = await planned(records, chunks(3), 300)
    await records.record_heard(job.id, 0, 1, HEARD)

    await records.plan_chunks(job.id, chunks(3), 300, 16_000, "en")

    assert [chunk.heard for chunk in await records.chunks(job.id)] == [None, HEARD, None]


async def test_chunks_come_by_channel_and_time_as_they_were_planned(records: BatchRecords) -> None:
    plan = chunks(3, channels=2)
    job = await planned(records, plan[::-1], 300)

    assert await records.chunks(job.id) == tuple(plan)


async def test_a_day_of_many_channels_is_planned_in_one_go(records: BatchRecords) -> None:
    job = await planned(records, chunks(700, channels=8), 70_000)

    assert len(await records.chunks(job.id)) == 5600


async def test_completing_drops_the_chunks_and_tells_what_came_out(records: BatchRecords) -> None:
    job = await planned(records, chunks(2), 200)

    ended = await records.complete(job.id, {"word_count": 7, "language": "en"})
    again = await records.complete(job.id, {"word_count": 9, "language": "de"})

    assert again == ended == await records.find("acc_a", "call17")
    assert (ended.state, ended.progress.percent) == (State.COMPLETED, 100)
    assert ended.outcome == {"word_count": 7, "language": "en"}
    assert await records.chunks(job.id) == ()
    with pytest.raises(JobNoLongerWanted):
        await records.chunk(job.id, 0, 0)


async def test_what_a_failed_job_had_heard_goes_with_its_objects(records: BatchRecords) -> None:
    job = await planned(records, chunks(2), 200)
    await records.fail(job.id, Failure("CORRUPT_FILE", "It broke."))

    await records.objects_removed(job.id)

    assert await records.chunks(job.id) == ()


async def test_facts_of_the_recording_add_up(records: BatchRecords) -> None:
    job = await begun(records)

    await records.record_source(job.id, SourceFacts("a.wav", 10, "f" * 64))
    job = await records.record_source(
        job.id, SourceFacts("a.wav", format="wav", sample_rate=8000), ("A note.",)
    )

    assert job.source == SourceFacts("a.wav", 10, "f" * 64, "wav", 8000)
    assert job.notes == ("A note.",)
