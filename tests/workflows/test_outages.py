"""How long a step is tried again, on a real engine: through an outage, and no longer than that is of use."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import Priority
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from server.workflows.embedded.engine import running_engine
from server.workflows.failures import reported
from server.workflows.workflow_steps import WORK_RETRIES, long_step
from zerokerf.errors import CorruptFile, Unavailable

pytestmark = pytest.mark.slow

QUEUE = "outages"
#: More than one round of them.
OUTAGE_ATTEMPTS = WORK_RETRIES.maximum_attempts + 2
ENDS_WITHIN = timedelta(minutes=2)


@dataclass
class Steps:
    tried: dict[str, int] = field(default_factory=dict)

    @activity.defn
    async def work(self, name: str) -> str:
        self.tried[name] = tried = self.tried.get(name, 0) + 1
        with reported():
            if name == "damaged":
                raise CorruptFile("It is broken.")
            if name == "bug":
                raise ZeroDivisionError
            if tried <= OUTAGE_ATTEMPTS:
                raise Unavailable("The object store")
        return name


@workflow.defn
class Works:
    @workflow.run
    async def run(self, name: str) -> str:
        return await long_step(Steps.work, name, Priority(priority_key=1), QUEUE)


async def test_a_step_outlasts_an_outage_and_nothing_else(tmp_path: Path) -> None:
    steps = Steps()
    async with running_engine(tmp_path) as address:
        client = await Client.connect(address.target, namespace=address.namespace)
        worker = Worker(
            client,
            task_queue=QUEUE,
            workflows=[Works],
            activities=[steps.work],
            workflow_runner=UnsandboxedWorkflowRunner(),
        )
        async with worker:
            ends = await asyncio.gather(
                *(_end(client, name) for name in ("outage", "damaged", "bug")), return_exceptions=True
            )

    assert ends[0] == "outage"
    assert [type(end) for end in ends[1:]] == [WorkflowFailureError, WorkflowFailureError]
    assert steps.tried == {
        "outage": OUTAGE_ATTEMPTS + 1,
        "damaged": 1,
        "bug": WORK_RETRIES.maximum_attempts,
    }


async def _end(client: Client, name: str) -> str:
    return await client.execute_workflow(
        Works.run, name, id=name, task_queue=QUEUE, execution_timeout=ENDS_WITHIN
    )
