"""What was recorded reaches the engine in the end."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from server.database.open import Database
from server.jobs.handover.open_work import JobRef, OpenWork
from server.jobs.handover.reconciler import Sweep, reconcile_forever, rounds_of_jobs
from server.jobs.model import SplitJob, SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from tests.jobs.handover.engines import NotedEngine, afterwards

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST = SplitRequest(source_url="https://example.org/a.wav", segment_ns=10**9)


@pytest.fixture
def records(database: Database) -> SplitRecords:
    return SplitRecords(database, InProcessWakeups(), lambda: LONG_AGO)


@pytest.fixture
def work(database: Database) -> OpenWork:
    return OpenWork(database)


async def new_job(records: SplitRecords) -> SplitJob:
    return await records.create("acc_a", REQUEST, None)


def starts(work: OpenWork, engine: NotedEngine, now: list[datetime]) -> Sweep[JobRef]:
    async def start(job: JobRef) -> None:
        await engine.start(job.kind, job.id, job.account_id)

    return Sweep("start", work.unstarted, start, lambda: now[0], pause_s=0)


async def test_it_starts_and_cleans_what_was_left_over(
    records: SplitRecords, work: OpenWork, database: Database
) -> None:
    queued, cancelled, deleted = [await new_job(records) for _ in range(3)]
    await records.request_cancel("acc_a", cancelled.id)
    await records.delete("acc_a", deleted.id)
    engine = NotedEngine()
    rounds = rounds_of_jobs(work, engine, afterwards(database, engine).admission)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(reconcile_forever(rounds, every_s=0.01))
        async with asyncio.timeout(10):
            while len(engine.cleaned) < 2:
                await engine.asked_again.wait()
                engine.asked_again.clear()
        task.cancel()

    assert engine.started == [queued.id]
    assert set(engine.cancelled) == set(engine.cleaned) == {cancelled.id, deleted.id}


async def test_an_unreachable_engine_gets_everything_in_a_later_round(
    records: SplitRecords, work: OpenWork
) -> None:
    jobs = [await new_job(records) for _ in range(3)]
    engine = NotedEngine(reachable=False)
    sweep = starts(work, engine, [LONG_AGO + timedelta(hours=1)])

    await sweep.run_round()
    engine.reachable = True
    await sweep.run_round()
    await sweep.run_round()

    assert sorted(engine.started) == sorted(job.id for job in jobs)


async def test_a_job_that_cannot_be_started_does_not_hold_up_the_others(
    records: SplitRecords, work: OpenWork
) -> None:
    jobs = sorted([await new_job(records) for _ in range(3)], key=lambda job: job.id)
    engine = NotedEngine(poisonous={jobs[0].id})

    await starts(work, engine, [LONG_AGO + timedelta(hours=1)]).run_round()

    assert engine.started == [jobs[1].id, jobs[2].id]


async def test_what_the_engine_took_is_offered_again_after_a_minute(
    records: SplitRecords, work: OpenWork
) -> None:
    job = await new_job(records)
    engine = NotedEngine()
    now = [LONG_AGO + timedelta(hours=1)]
    sweep = starts(work, engine, now)

    await sweep.run_round()
    now[0] += timedelta(seconds=59)
    await sweep.run_round()
    assert engine.started == [job.id]
    now[0] += timedelta(seconds=1)
    await sweep.run_round()

    assert engine.started == [job.id, job.id]


async def test_a_clock_that_is_set_back_puts_nothing_off(records: SplitRecords, work: OpenWork) -> None:
    job = await new_job(records)
    engine = NotedEngine()
    now = [LONG_AGO + timedelta(hours=3)]
    sweep = starts(work, engine, now)

    await sweep.run_round()
    now[0] -= timedelta(hours=1)
    await sweep.run_round()

    assert engine.started == [job.id, job.id]


async def test_a_job_of_a_clock_that_is_ahead_is_started(records: SplitRecords, work: OpenWork) -> None:
    job = await new_job(records)
    engine = NotedEngine()

    await starts(work, engine, [LONG_AGO - timedelta(hours=1)]).run_round()

    assert engine.started == [job.id]


async def test_a_job_that_was_just_made_is_left_to_its_maker(records: SplitRecords, work: OpenWork) -> None:
    await new_job(records)
    engine = NotedEngine()

    await starts(work, engine, [LONG_AGO + timedelta(seconds=1)]).run_round()

    assert engine.started == []


async def test_more_work_than_fits_a_round_is_all_reached() -> None:
    refs = [JobRef(f"job_{n:020d}", "acc_a", LONG_AGO) for n in range(1000)]

    async def find(limit: int, after: JobRef | None = None) -> tuple[JobRef, ...]:
        first = refs.index(after) + 1 if after else 0
        return tuple(refs[first : first + limit])

    engine = NotedEngine()

    async def start(job: JobRef) -> None:
        await engine.start(job.kind, job.id, job.account_id)

    now = [LONG_AGO + timedelta(hours=1)]
    sweep = Sweep("start", find, start, lambda: now[0], pause_s=0)
    for _ in range(6):
        now[0] += timedelta(hours=1)
        await sweep.run_round()

    assert engine.started[:1000] == [ref.id for ref in refs]
