"""Calls to the engine: each has a limit, and starting is safe to repeat."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from zerokerf.errors import Unavailable

RPC_LIMIT = timedelta(seconds=10)
#: The engine knows no longer keys.
_FAIRNESS_KEY_LENGTH = 64


async def start_once(
    client: Client, workflow: str, ref: object, *, workflow_id: str, task_queue: str, account_id: str
) -> None:
    """Starting what runs already changes nothing. Raises Unavailable."""
    with engine_reached():
        await client.start_workflow(
            workflow,
            ref,
            id=workflow_id,
            task_queue=task_queue,
            # Accounts take turns, whoever has more in line; the steps of a workflow inherit it.
            priority=Priority(fairness_key=account_id[:_FAIRNESS_KEY_LENGTH]),
            # Records decide whether work is left; a run that ended without recording may be repeated.
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            rpc_timeout=RPC_LIMIT,
        )


@contextmanager
def engine_reached(*, missing_is_fine: bool = False) -> Iterator[None]:
    """Raises Unavailable for whatever the engine's server answers instead of doing what it was asked."""
    try:
        yield
    except RPCError as error:
        if missing_is_fine and error.status is RPCStatusCode.NOT_FOUND:
            return
        raise Unavailable("The job engine") from error
