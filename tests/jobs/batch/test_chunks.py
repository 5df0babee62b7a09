"""What was heard of a recording: counted once, kept until the job ends."""

from collections.abc import Sequence

import pytest

from server.database.open import Database
from server.jobs.batch.model import BatchJob
from server.jobs.batch.records import BatchRecords
from server.jobs.model import Failure, Phase
from server.jobs.speech_model import PREPARED_PERCENT, RECOGNIZED_PERCENT, SpeechChunk
from server.jobs.states import State
from server.jobs.wakeups.in_process import InProcessWakeups
from server.jobs.wanted import JobNoLongerWanted
from tests.jobs.batch.work import begun

HEARD = {"windows": [["hello", 0, 1]]}


@pytest.fixture
def records(database: Database) -> BatchRecords:
    return BatchRecords(database, InProcessWakeups())


def chunks(count: int, channels: int = 1) -> list[SpeechChunk]:
    return [
        SpeechChunk(channel, index, index * 100, 100, ((index * 100, index * 100 + 50),))
        for channel in range(channels)
        for index in range(count)
    ]


async def planned(records: BatchRecords, plan: Sequence[SpeechChunk], sample_count: int) -> BatchJob:
    job = await begun(records)
    return await records.plan_chunks(job.id, plan, sample_count, 16_000, "en")


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
