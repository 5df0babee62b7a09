"""What ends a job is short, and still its worker may die in it: the engine hears of that within seconds."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker

from server.workflows.embedded.engine import running_engine
from server.workflows.messages import TASK_QUEUE, FailedJob, JobRef
from server.workflows.split_workflow import SplitWorkflow
from server.workflows.steps import bookkeeping

NOTICED_WITHIN_S = 30


class LostOnce:
    """A job's steps, of which the last one is silent at its first attempt: so is a worker that was killed."""

    def __init__(self) -> None:
        self.completed_at: list[int] = []

    @activity.defn(name="split.fetch")
    async def fetch(self, _: JobRef) -> bool:
        return False

    @activity.defn(name="split.cut")
    async def cut(self, _: JobRef) -> None:
        return None

    @activity.defn(name="split.complete")
    async def complete(self, _: JobRef) -> None:
        attempt = activity.info().attempt
        if attempt == 1:
            await asyncio.Event().wait()
        self.completed_at.append(attempt)

    @activity.defn(name="split.fail")
    async def fail(self, failed: FailedJob) -> None:
        raise AssertionError(failed)


@pytest.mark.slow
async def test_a_worker_that_is_lost_while_it_completes_a_job_is_noticed_within_seconds(
    tmp_path: Path,
) -> None:
    steps = LostOnce()
    async with running_engine(tmp_path) as address:
        client = await Client.connect(address.target, namespace=address.namespace)
        activities: list[Callable[..., Any]] = [steps.fetch, steps.cut, steps.complete, steps.fail]
        async with Worker(client, task_queue=TASK_QUEUE, workflows=[SplitWorkflow], activities=activities):
            job = JobRef(job_id="job_1", account_id="acc_1")
            async with asyncio.timeout(NOTICED_WITHIN_S):
                await client.execute_workflow(SplitWorkflow.run, job, id="job_1", task_queue=TASK_QUEUE)

    assert steps.completed_at == [2]


async def test_bookkeeping_that_lasts_says_that_it_lives() -> None:
    environment, beaten = ActivityEnvironment(), asyncio.Event()
    environment.on_heartbeat = lambda *_: beaten.set()

    async def lasting() -> None:
        async with bookkeeping():
            await beaten.wait()

    async with asyncio.timeout(5):
        await environment.run(lasting)
