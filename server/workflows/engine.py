"""The durable engine behind jobs: starts, cancels and cleans up by workflow."""

import asyncio
import uuid
from dataclasses import asdict

from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError

from server.jobs.kinds import KindName
from server.jobs.model import SplitPlan, SplitRequest
from server.jobs.splits.rows import plan_of
from server.workflows.calls import RPC_LIMIT, engine_reached, start_once
from server.workflows.failures import reported_in
from server.workflows.messages import TASK_QUEUE, JobRef, PlanRef, unpacked_plan
from server.workflows.split_workflow import PLAN_LIMIT, PlanWorkflow
from zerokerf.errors import Unavailable, ZerokerfError


class TemporalEngine:
    """A JobEngine. A workflow's id is its job's, so that starting twice is starting once."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, kind: KindName, job_id: str, account_id: str, *, is_bulk: bool = False) -> None:
        await start_once(
            self._client,
            kind.value,  # workflows are named like the kinds of jobs
            JobRef(job_id, account_id, is_bulk),
            workflow_id=job_id,
            task_queue=TASK_QUEUE,
            account_id=account_id,
        )

    async def plan_split(self, account_id: str, request: SplitRequest) -> SplitPlan:
        plan_id = f"plan_{uuid.uuid4().hex}"
        try:
            with engine_reached():
                found = await self._client.execute_workflow(
                    PlanWorkflow.run,
                    PlanRef(plan_id, account_id, asdict(request)),
                    id=plan_id,
                    task_queue=TASK_QUEUE,
                    execution_timeout=PLAN_LIMIT,
                )
        except WorkflowFailureError as failure:
            raise _why(failure) from failure
        except asyncio.CancelledError:
            with engine_reached(missing_is_fine=True):  # nobody waits any more: its work stops
                await self._client.get_workflow_handle(plan_id).cancel(rpc_timeout=RPC_LIMIT)
            raise
        return plan_of(unpacked_plan(found))

    async def cancel(self, job_id: str) -> None:
        with engine_reached(missing_is_fine=True):
            await self._client.get_workflow_handle(job_id).cancel(rpc_timeout=RPC_LIMIT)

    async def start_clean_up(self, job_id: str, account_id: str) -> None:
        await start_once(
            self._client,
            "clean-up",
            JobRef(job_id, account_id),
            workflow_id=f"clean-up-{job_id}",
            task_queue=TASK_QUEUE,
            account_id=account_id,
        )

    async def check(self) -> None:
        """Raises Unavailable when the engine does not answer."""
        with engine_reached():
            await self._client.count_workflows(rpc_timeout=RPC_LIMIT)


def _why(failure: WorkflowFailureError) -> ZerokerfError:
    """What the work itself reported; whatever else ended it is nothing that a client can mend."""
    cause = failure.cause.cause if isinstance(failure.cause, ActivityError) else failure.cause
    if not isinstance(cause, ApplicationError):
        return Unavailable("Planning")
    return reported_in(cause) or Unavailable("Planning")
