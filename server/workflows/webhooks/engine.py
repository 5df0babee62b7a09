"""Starts what sends webhooks."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from server.workflows.messages import DELIVERY_QUEUE, RoundRef
from server.workflows.webhooks.workflow import WebhookWorkflow
from zerokerf.errors import Unavailable

RPC_LIMIT = timedelta(seconds=10)


class DeliveryEngine:
    """A workflow's id is that of the delivery with its round, so that starting twice is starting once."""

    def __init__(self, client: Client, schedule_s: tuple[float, ...]) -> None:
        self._client = client
        self._schedule_s = schedule_s

    async def start_delivery(self, account_id: str, delivery_id: str, round_number: int) -> None:
        try:
            await self._client.start_workflow(
                WebhookWorkflow.run,
                RoundRef(delivery_id, round_number, self._schedule_s),
                id=f"{delivery_id}-{round_number}",
                task_queue=DELIVERY_QUEUE,
                # Accounts take turns, however many webhooks of one wait for slow servers.
                priority=Priority(fairness_key=account_id[:64]),
                # Records decide whether anything is left to send.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                rpc_timeout=RPC_LIMIT,
            )
        except RPCError as error:
            raise Unavailable("The job engine") from error
