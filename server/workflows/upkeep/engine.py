"""Hands archives and ends of accounts to the durable engine."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from server.workflows.upkeep.messages import UPKEEP_QUEUE, AccountRef, ExportRef
from zerokerf.errors import Unavailable

RPC_LIMIT = timedelta(seconds=10)


class AccountEngine:
    """Both calls are safe to repeat: a workflow's id is that of what it is about."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start_export(self, export_id: str, account_id: str) -> None:
        """Raises Unavailable."""
        await self._start("export", ExportRef(export_id, account_id), export_id)

    async def start_closing(self, account_id: str) -> None:
        """Raises Unavailable."""
        await self._start("close-account", AccountRef(account_id), f"close-{account_id}")

    async def _start(self, workflow: str, ref: AccountRef | ExportRef, workflow_id: str) -> None:
        try:
            await self._client.start_workflow(
                workflow,
                ref,
                id=workflow_id,
                task_queue=UPKEEP_QUEUE,
                # Records decide whether work is left; a run that ended may be repeated.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                rpc_timeout=RPC_LIMIT,
            )
        except RPCError as error:
            raise Unavailable("The job engine") from error
