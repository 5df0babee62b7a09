"""Transcription jobs that end: deleted with their records kept, or cancelled, once and for good."""

import pytest

from server.database.open import Database
from server.jobs.batch.model import BatchState
from server.jobs.batch.records import BatchRecords
from server.jobs.batch.states import batch_state
from server.jobs.handover.open_work import OpenWork
from server.jobs.model import Progress
from server.jobs.states import State
from server.jobs.wakeups.in_process import InProcessWakeups
from server.jobs.wanted import JobNoLongerWanted
from server.jobs.watching.events import JobEvents
from tests.jobs.batch.work import REQUEST, begun, done
from zerokerf.errors import JobNotCancellable, JobNotDeletable, JobNotFound


@pytest.fixture
def records(database: Database) -> BatchRecords:
    return BatchRecords(database, InProcessWakeups())


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

    events = [event async for event in JobEvents(records, InProcessWakeups()).watch("acc_a", job.id, 0)]

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
