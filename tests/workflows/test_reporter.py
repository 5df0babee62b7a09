"""How progress gets from an activity onto the record."""

import asyncio
from pathlib import Path

from temporalio.testing import ActivityEnvironment

from server.database.migrate import migrate
from server.database.open import open_database
from server.jobs.model import Progress, SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from server.workflows.reporter import DECODED_PERCENT, FETCHED_PERCENT, Counter, Reporter, reporting

REQUEST = SplitRequest(source_url="https://example.org/a.wav", segment_ns=10**9)


async def test_what_is_being_written_when_the_work_ends_is_written(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/records.db") as database:
        await migrate(database)
        records = SplitRecords(database, InProcessWakeups())
        job = await records.create("acc_a", REQUEST, None)
        await records.begin(job.id)
        environment, ticked = ActivityEnvironment(), asyncio.Event()
        environment.on_heartbeat = lambda *_: ticked.set()

        async def work() -> None:
            async with reporting(records, job.id, Progress()) as reporter:
                reporter.fetched(7, 10)
                await ticked.wait()

        async with database.writing():
            working = asyncio.create_task(environment.run(work))
            await ticked.wait()
            done, _ = await asyncio.wait([working], timeout=0.1)
            assert not done
        await working

        written = await records.load(job.id)
        assert written is not None
        assert written.progress.bytes_fetched == 7


async def test_the_end_of_the_work_does_not_wait_for_the_next_tick(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/records.db") as database:
        reporter = Reporter(SplitRecords(database, InProcessWakeups()), "job_a", Progress())
        running = asyncio.create_task(reporter.run())
        await asyncio.sleep(0)

        reporter.stop()
        for _ in range(20):  # turns of the loop: no clock is waited for
            await asyncio.sleep(0)

        has_ended = running.done()
        running.cancel()
        assert has_ended


async def test_each_side_of_a_job_counts_as_if_it_were_alone(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/records.db") as database:
        reporter = Reporter(SplitRecords(database, InProcessWakeups()), "job_a", Progress(percent=15))
        reporter.count_in(Counter.CUTTING)

        reporter.decoded(1, 2)
        decoding = reporter.progress.cut_percent
        reporter.counted(1000, 8000)
        reporter.seen(Progress(heard_percent=95, samples_done=500))
        reporter.stored(500)

    assert FETCHED_PERCENT < decoding < DECODED_PERCENT
    assert (reporter.progress.cut_percent, reporter.progress.percent) == (99, (35 + 95) // 2)


async def test_what_the_record_has_already_is_not_written_once_more(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/records.db") as database:
        environment, ticks = ActivityEnvironment(), asyncio.Semaphore(0)
        environment.on_heartbeat = lambda *_: ticks.release()

        async def work() -> None:
            async with reporting(SplitRecords(database, InProcessWakeups()), "job_a", Progress()) as reporter:
                reporter.counted(1000, 8000)
                reporter.seen(reporter.progress)
                async with asyncio.timeout(5), database.writing():  # nobody else can write meanwhile
                    await ticks.acquire()
                    await ticks.acquire()

        await environment.run(work)
