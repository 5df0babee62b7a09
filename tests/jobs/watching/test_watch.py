"""Watching a job: ordered, without gaps, from any point on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest

from server.database.open import Database, open_database
from server.jobs.model import JobEvent, Progress, SplitJob, SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.states import State
from server.jobs.wakeups.in_process import InProcessWakeups
from server.jobs.wakeups.open import open_wakeups
from server.jobs.watching.events import JobEvents
from zerokerf.errors import InvalidParams, JobNotFound

REQUEST = SplitRequest(source_url="https://example.org/a.wav", segment_ns=10**9)


@pytest.fixture
def wakeups() -> InProcessWakeups:
    return InProcessWakeups()


@pytest.fixture
def records(database: Database, wakeups: InProcessWakeups) -> SplitRecords:
    return SplitRecords(database, wakeups)


@pytest.fixture
async def job(records: SplitRecords) -> SplitJob:
    created = await records.create("acc_a", REQUEST, None)
    return await records.begin(created.id)


async def work(records: SplitRecords, job: SplitJob, steps: int) -> None:
    for step in range(1, steps + 1):
        await records.record_progress(job.id, Progress(bytes_fetched=step))
    await records.request_cancel("acc_a", job.id)


async def numbers(events: AsyncIterator[JobEvent]) -> list[int]:
    return [event.sequence for event in await _events(events)]


async def test_a_watcher_from_the_start_sees_everything_and_ends(
    records: SplitRecords, wakeups: InProcessWakeups, job: SplitJob
) -> None:
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        seen = group.create_task(numbers(JobEvents(records, wakeups).watch("acc_a", job.id, 0)))
        group.create_task(work(records, job, 150))

    assert seen.result() == list(range(1, 154))


async def test_a_watcher_that_reconnects_at_random_misses_nothing(
    records: SplitRecords, wakeups: InProcessWakeups, job: SplitJob
) -> None:
    async def reconnecting() -> list[JobEvent]:
        seen: list[JobEvent] = []
        while not seen or not seen[-1].state.is_final:
            cursor = seen[-1].sequence if seen else 0
            async with aclosing(JobEvents(records, wakeups).watch("acc_a", job.id, cursor)) as events:
                async for event in events:
                    seen.append(event)
                    if event.sequence % 3 == 0:
                        break
        return seen

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        seen = group.create_task(reconnecting())
        group.create_task(work(records, job, 30))

    assert [event.sequence for event in seen.result()] == list(range(1, 34))
    assert seen.result()[-1].state is State.CANCELLED
    assert seen.result()[-1].failure is not None


async def test_a_change_by_another_process_is_seen_without_a_wake_up(
    records: SplitRecords, job: SplitJob, database: Database, database_url: str
) -> None:
    async with open_wakeups(database) as wakeups, open_database(database_url) as other_database:
        elsewhere = SplitRecords(other_database, InProcessWakeups())
        events = JobEvents(records, wakeups).watch("acc_a", job.id, 2)
        async with asyncio.timeout(5), aclosing(events):
            waiting = asyncio.create_task(anext(events))
            await asyncio.wait([waiting], timeout=0.1)
            await elsewhere.record_progress(job.id, Progress(bytes_fetched=1))
            assert (await waiting).sequence == 3
            waiting = asyncio.create_task(anext(events))
            await asyncio.wait([waiting], timeout=1.1)
            await elsewhere.request_cancel("acc_a", job.id)
            assert (await waiting).sequence == 4


async def test_a_deletion_by_another_process_ends_a_watch(
    records: SplitRecords, database: Database, database_url: str
) -> None:
    queued = await records.create("acc_a", REQUEST, None)
    async with open_wakeups(database) as wakeups, open_database(database_url) as other_database:
        watching = asyncio.create_task(
            _until_not_found(JobEvents(records, wakeups).watch("acc_a", queued.id, 1))
        )
        await asyncio.wait([watching], timeout=1.1)
        await SplitRecords(other_database, InProcessWakeups()).delete("acc_a", queued.id)
        async with asyncio.timeout(5):
            await watching

    assert watching.result()


async def test_watching_an_ended_job_from_its_last_event_ends_at_once(
    records: SplitRecords, wakeups: InProcessWakeups, job: SplitJob
) -> None:
    ended = await records.request_cancel("acc_a", job.id)

    assert await numbers(JobEvents(records, wakeups).watch("acc_a", job.id, ended.last_sequence)) == []
    assert await numbers(JobEvents(records, wakeups).watch("acc_a", job.id, ended.last_sequence - 1)) == [3]


@pytest.mark.parametrize("cursor", [-1, 3, 2**63 - 1, -(2**63)])
async def test_a_cursor_that_cannot_be_is_refused(
    records: SplitRecords, wakeups: InProcessWakeups, job: SplitJob, cursor: int
) -> None:
    with pytest.raises(InvalidParams) as caught:
        await numbers(JobEvents(records, wakeups).watch("acc_a", job.id, cursor))

    assert set(caught.value.violations) == {"after_sequence"}


async def test_a_job_deleted_while_watched_is_not_found(
    records: SplitRecords, wakeups: InProcessWakeups
) -> None:
    queued = await records.create("acc_a", REQUEST, None)

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        watching = group.create_task(
            _until_not_found(JobEvents(records, wakeups).watch("acc_a", queued.id, 1))
        )
        group.create_task(records.delete("acc_a", queued.id))

    assert watching.result()


async def _until_not_found(events: AsyncIterator[JobEvent]) -> bool:
    with pytest.raises(JobNotFound):
        await numbers(events)
    return True


async def test_another_account_cannot_watch(
    records: SplitRecords, wakeups: InProcessWakeups, job: SplitJob
) -> None:
    with pytest.raises(JobNotFound):
        await numbers(JobEvents(records, wakeups).watch("acc_b", job.id, 0))


async def test_watchers_that_leave_leave_nothing_behind(
    records: SplitRecords, wakeups: InProcessWakeups, job: SplitJob
) -> None:
    events = JobEvents(records, wakeups)
    async with (
        aclosing(events.watch("acc_a", job.id, 2)) as one,
        aclosing(events.watch("acc_a", job.id, 2)) as two,
    ):
        waiting = [asyncio.create_task(anext(each)) for each in (one, two)]
        await _until(lambda: wakeups.awaited() == (job.id,))
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)

    assert wakeups.awaited() == ()


async def test_one_task_reads_for_all_who_watch_a_job(
    records: SplitRecords, wakeups: InProcessWakeups, job: SplitJob
) -> None:
    events = JobEvents(records, wakeups)

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        seen = [group.create_task(_events(events.watch("acc_a", job.id, 2))) for _ in range(3)]
        await _until(lambda: wakeups.awaited() == (job.id,))
        await records.record_progress(job.id, Progress(bytes_fetched=1))
        reading = [task for task in asyncio.all_tasks() if task.get_name() == "feed"]
        group.create_task(records.request_cancel("acc_a", job.id))

    first, *others = (task.result() for task in seen)
    assert len(reading) == 1
    assert [event.sequence for event in first] == [3, 4]
    assert all(mine is theirs for other in others for mine, theirs in zip(first, other, strict=True))


async def test_a_watcher_who_reads_slowly_misses_nothing_while_others_go_on(
    records: SplitRecords, wakeups: InProcessWakeups, job: SplitJob
) -> None:
    events = JobEvents(records, wakeups)
    slow = events.watch("acc_a", job.id, 2)
    async with asyncio.timeout(30), aclosing(slow):
        waiting = asyncio.create_task(anext(slow))
        await _until(lambda: wakeups.awaited() == (job.id,))
        quick = asyncio.create_task(numbers(events.watch("acc_a", job.id, 0)))
        await work(records, job, 200)

        assert await quick == list(range(1, 204))
        assert [(await waiting).sequence, *await numbers(slow)] == list(range(3, 204))


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110  nobody tells when a watcher has begun to wait
            await asyncio.sleep(0)


async def _events(events: AsyncIterator[JobEvent]) -> list[JobEvent]:
    return [event async for event in events]
