"""What webhooks ask of the durable engine that sends them."""

from typing import Protocol


class SendsDeliveries(Protocol):
    async def start_delivery(self, account_id: str, delivery_id: str, round_number: int) -> None:
        """One round of attempts begins, once, however often it is asked for. Raises Unavailable."""
        ...
