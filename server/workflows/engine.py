"""The durable engine behind jobs: starts, cancels and cleans up by workflow."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta

from temporalio.client import Client, WorkflowFailureError
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from server.jobs.kinds import KindName
from server.jobs.model import SplitPlan, SplitRequest
from server.jobs.split_rows import plan_of
from server.workflows.failures import reported_in
from server.workflows.messages import TASK_QUEUE, JobRef, PlanRef, unpacked_plan
from server.workflows.split_workflow import PLAN_LIMIT, CleanUpWorkflow, PlanWorkflow
from zerokerf.errors import Unavailable, ZerokerfError

RPC_LIMIT = timedelta(seconds=10)


class TemporalEngine:
    """A JobEngine. A workflow's id is its job's, so that starting twice is starting once."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, kind: KindName, job_id: str, account_id: str, *, is_bulk: bool = False) -> None:
        with _reachable():
            await self._client.start_workflow(
                kind.value,  # workflows are named like the kinds of jobs
                JobRef(job_id, account_id, is_bulk),
                id=job_id,
                task_queue=TASK_QUEUE,
                # Accounts take turns, whoever has more in line; what the job does inherits it.
                priority=Priority(fairness_key=account_id[:64]),
                # Records decide whether work is left; a run that ended without recording may be repeated.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                rpc_timeout=RPC_LIMIT,
            )

    async def plan_split(self, account_id: str, request: SplitRequest) -> SplitPlan:
        plan_id = f"plan_{uuid.uuid4().hex}"
        try:
            with _reachable():
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
            with _reachable(missing_is_fine=True):  # nobody waits any more: its work stops
                await self._client.get_workflow_handle(plan_id).cancel(rpc_timeout=RPC_LIMIT)
            raise
        return plan_of(unpacked_plan(found))

    async def cancel(self, job_id: str) -> None:
        with _reachable(missing_is_fine=True):
            await self._client.get_workflow_handle(job_id).cancel(rpc_timeout=RPC_LIMIT)

    async def start_clean_up(self, job_id: str, account_id: str) -> None:
        with _reachable():
            await self._client.start_workflow(
                CleanUpWorkflow.run,
                JobRef(job_id, account_id),
                id=f"clean-up-{job_id}",
                task_queue=TASK_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                rpc_timeout=RPC_LIMIT,
            )

    async def check(self) -> None:
        """Raises Unavailable when the engine does not answer."""
        with _reachable():
            await self._client.count_workflows(rpc_timeout=RPC_LIMIT)


def _why(failure: WorkflowFailureError) -> ZerokerfError:
    """What the work itself reported; whatever else ended it is nothing that a client can mend."""
    cause = failure.cause.cause if isinstance(failure.cause, ActivityError) else failure.cause
    if not isinstance(cause, ApplicationError):
        return Unavailable("Planning")
    return reported_in(cause) or Unavailable("Planning")


@contextmanager
def _reachable(*, missing_is_fine: bool = False) -> Iterator[None]:
    try:
        yield
    except RPCError as error:
        if missing_is_fine and error.status is RPCStatusCode.NOT_FOUND:
            return
        raise Unavailable("The job engine") from error
