"""Hands archives and ends of accounts to the durable engine."""

from temporalio.client import Client

from server.workflows.calls import start_once
from server.workflows.upkeep.messages import UPKEEP_QUEUE, AccountRef, ExportRef


class AccountEngine:
    """Both calls are safe to repeat: a workflow's id is that of what it is about."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start_export(self, export_id: str, account_id: str) -> None:
        """Raises Unavailable."""
        await start_once(
            self._client,
            "export",
            ExportRef(export_id, account_id),
            workflow_id=export_id,
            task_queue=UPKEEP_QUEUE,
            account_id=account_id,
        )

    async def start_closing(self, account_id: str) -> None:
        """Raises Unavailable."""
        await start_once(
            self._client,
            "close-account",
            AccountRef(account_id),
            workflow_id=f"close-{account_id}",
            task_queue=UPKEEP_QUEUE,
            account_id=account_id,
        )
