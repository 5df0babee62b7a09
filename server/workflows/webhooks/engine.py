"""Starts what sends webhooks."""

from temporalio.client import Client

from server.workflows.calls import start_once
from server.workflows.messages import DELIVERY_QUEUE, RoundRef


class DeliveryEngine:
    """A workflow's id is that of the delivery with its round, so that starting twice is starting once."""

    def __init__(self, client: Client, schedule_s: tuple[float, ...]) -> None:
        self._client = client
        self._schedule_s = schedule_s

    async def start_delivery(self, account_id: str, delivery_id: str, round_number: int) -> None:
        """Raises Unavailable."""
        await start_once(
            self._client,
            "webhook",
            RoundRef(delivery_id, round_number, self._schedule_s),
            workflow_id=f"{delivery_id}-{round_number}",
            task_queue=DELIVERY_QUEUE,
            account_id=account_id,
        )
