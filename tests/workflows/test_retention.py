"""Upkeep as it runs: by one schedule, in rounds that repeat what failed, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, ScheduleActionExecution, ScheduleActionExecutionStartWorkflow
from temporalio.service import RPCError

from server.database.tables import jobs
from server.workflows.upkeep.messages import UPKEEP_QUEUE, RetentionReport
from server.workflows.upkeep.retention_workflow import WHOLE_EVERY, RetentionWorkflow
from server.workflows.upkeep.schedule import SCHEDULE_ID, RetentionSchedule
from storage.memory import MemoryStore
from tests.retention.kept import add_account, completed, keys, put, records_at, row_of
from tests.workflows.upkeep_house import House, running_house
from zerokerf.errors import InternalError

HOUR = timedelta(hours=1)
LONG_AGO = datetime.now(UTC) - timedelta(days=10)
FREQUENT = {"jobs", "archives", "accounts"}


class UnlistableStore(MemoryStore):
    """Cannot tell what it holds."""

    def list(self, prefix: str) -> AsyncIterator[object]:  # type: ignore[override]  # it never yields
        raise InternalError


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running_house(tmp_path) as house:
        yield house


async def test_a_round_removes_what_has_expired_and_reports_it(house: House) -> None:
    await add_account(house.database, "acc_a", LONG_AGO)
    job = await completed(records_at(house.database, LONG_AGO), house.store)
    await put(house.store, "t/acc_a/j/job_unknown/in/source")  # an orphan, but a young one

    async with house.worker:
        report = await _round(house.client)

    assert report.failed == []
    assert report.counts["jobs"] == 1
    assert (report.counts["objects"], report.counts["orphans"]) == (1, 0)
    assert await keys(house.store) == ["t/acc_a/j/job_unknown/in/source"]
    row = await row_of(house.database, jobs, job.id)
    assert row is not None
    assert row["files_removed_at"] is not None


async def test_a_round_is_finished_by_another_worker(house: House) -> None:
    await completed(records_at(house.database, LONG_AGO), house.store)
    handle = await house.client.start_workflow(RetentionWorkflow.run, id="round", task_queue=UPKEEP_QUEUE)

    async with house.worker:
        report = await handle.result()

    assert report.counts["jobs"] == 1


async def test_a_step_that_fails_does_not_keep_the_others(tmp_path: Path) -> None:
    async with running_house(tmp_path, UnlistableStore()) as house:
        await completed(records_at(house.database, LONG_AGO), house.store)

        async with house.worker:
            report = await _round(house.client)

    assert report.failed == ["retention.orphans"]
    assert report.counts["jobs"] == 1


async def test_the_schedule_is_made_once_and_follows_the_settings(house: House) -> None:
    for every in (HOUR, HOUR, 2 * HOUR):
        await RetentionSchedule(house.client, every).ensure()

    found = await house.client.get_schedule_handle(SCHEDULE_ID).describe()
    assert [interval.every for interval in found.schedule.spec.intervals] == [2 * HOUR]
    listed = [each.id async for each in await house.client.list_schedules()]
    assert set(listed) <= {SCHEDULE_ID}


async def test_a_pause_stands_and_a_lost_schedule_comes_back(house: House) -> None:
    now_s = 0.0
    schedule = RetentionSchedule(house.client, HOUR, lambda: now_s)
    handle = house.client.get_schedule_handle(SCHEDULE_ID)
    await schedule.run_round()
    await handle.pause()

    await RetentionSchedule(house.client, 2 * HOUR).ensure()
    assert (await handle.describe()).schedule.state.paused

    await handle.delete()
    await schedule.run_round()
    with pytest.raises(RPCError):
        await handle.describe()
    now_s = 61.0
    await schedule.run_round()
    assert not (await handle.describe()).schedule.state.paused


async def test_rounds_come_by_themselves_and_only_some_go_through_everything(house: House) -> None:
    async with house.worker, asyncio.timeout(60):
        await RetentionSchedule(house.client, timedelta(seconds=1)).ensure()
        first, second = await _rounds(house.client, 2)

    assert set(first.counts) > FREQUENT
    assert (first.since_whole, second.since_whole) == (0, 1)
    assert set(second.counts) == FREQUENT
    assert WHOLE_EVERY > 1


async def _round(client: Client) -> RetentionReport:
    return await client.execute_workflow(RetentionWorkflow.run, id="round", task_queue=UPKEEP_QUEUE)


async def _rounds(client: Client, count: int) -> list[RetentionReport]:
    """The first ones that the schedule has started."""
    handle = client.get_schedule_handle(SCHEDULE_ID)
    while len((await handle.describe()).info.recent_actions) < count:  # noqa: ASYNC110  it tells nobody
        await asyncio.sleep(0.1)
    started = (await handle.describe()).info.recent_actions
    return [await _report_of(client, each.action) for each in started[:count]]


async def _report_of(client: Client, started: ScheduleActionExecution) -> RetentionReport:
    assert isinstance(started, ScheduleActionExecutionStartWorkflow)
    run = client.get_workflow_handle(
        started.workflow_id, run_id=started.first_execution_run_id, result_type=RetentionReport
    )
    report: RetentionReport = await run.result()
    return report
