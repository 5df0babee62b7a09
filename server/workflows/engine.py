"""The durable engine behind jobs: starts, cancels and cleans up by workflow."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from server.workflows.messages import TASK_QUEUE, JobRef
from server.workflows.split_workflow import CleanUpWorkflow, SplitWorkflow
from zerokerf.errors import Unavailable

RPC_LIMIT = timedelta(seconds=10)


class TemporalEngine:
    """A JobEngine. A workflow's id is its job's, so that starting twice is starting once."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start_split(self, job_id: str, account_id: str) -> None:
        with _reachable():
            await self._client.start_workflow(
                SplitWorkflow.run,
                JobRef(job_id, account_id),
                id=job_id,
                task_queue=TASK_QUEUE,
                # Records decide whether work is left; a run that ended without recording may be repeated.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                rpc_timeout=RPC_LIMIT,
            )

    async def cancel_split(self, job_id: str) -> None:
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


@contextmanager
def _reachable(*, missing_is_fine: bool = False) -> Iterator[None]:
    try:
        yield
    except RPCError as error:
        if missing_is_fine and error.status is RPCStatusCode.NOT_FOUND:
            return
        raise Unavailable("The job engine") from error
