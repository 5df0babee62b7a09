"""Sets deliveries on their way, and again when somebody asks for it."""

import structlog

from server.webhooks.delivery_log import DeliveryLog
from server.webhooks.delivery_records import DeliveryRecords
from server.webhooks.engine import SendsDeliveries
from server.webhooks.model import Delivery, DeliveryRef
from zerokerf.errors import Unavailable

_log = structlog.get_logger()


class Deliveries:
    def __init__(self, records: DeliveryRecords, log: DeliveryLog, engine: SendsDeliveries) -> None:
        self._records = records
        self._delivery_log = log
        self._engine = engine

    async def hand_over(self, job_id: str) -> None:
        """What is due to be told of the job goes on its way. Safe to repeat. Raises Unavailable."""
        for ref in await self._records.pending_of(job_id):
            await self.start(ref)

    async def start(self, ref: DeliveryRef) -> None:
        """Raises Unavailable."""
        await self._engine.start_delivery(ref.account_id, ref.id, ref.round_number)

    async def redeliver(self, account_id: str, delivery_id: str) -> Delivery:
        """The same id and the same bytes. Raises DeliveryNotFound, and DeliveryPending for one under way."""
        delivery = await self._delivery_log.begin_again(account_id, delivery_id)
        try:
            await self._engine.start_delivery(account_id, delivery.id, delivery.rounds)
        except Unavailable:
            _log.warning("left to the reconciler", action="redeliver", delivery_id=delivery.id)
        return delivery
