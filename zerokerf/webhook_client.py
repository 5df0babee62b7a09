"""The Python client's part for webhooks: what became of them, and the secret that signs them."""

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

from zerokerf.calls import Caller
from zerokerf.errors import DeliveryPending, Unavailable
from zerokerf.v1.webhook_pb2 import WebhookDelivery, WebhookEndpoint
from zerokerf.v1.webhook_service_pb2 import (
    EnableWebhookEndpointRequest,
    GetWebhookDeliveryRequest,
    GetWebhookSecretRequest,
    ListWebhookDeliveriesRequest,
    ListWebhookEndpointsRequest,
    RedeliverWebhookRequest,
    RotateWebhookSecretRequest,
    RotateWebhookSecretResponse,
)

if TYPE_CHECKING:  # exists for type checkers only
    from zerokerf.v1.webhook_service_pb2_grpc import WebhookServiceAsyncStub


class WebhookClient:
    """Webhooks of the caller's own account. Needs a token, or a key with the scope "keys:manage"."""

    def __init__(self, webhooks: "WebhookServiceAsyncStub", caller: Caller) -> None:
        self._webhooks = webhooks
        self._caller = caller

    async def list(
        self, *states: WebhookDelivery.State.ValueType, job_id: str = "", page_size: int = 100
    ) -> AsyncGenerator[WebhookDelivery]:
        """Deliveries in any of the states, or all, newest first, without bodies. Fetched page by page."""
        request = ListWebhookDeliveriesRequest(page_size=page_size, job_id=job_id, states=states)
        while True:
            page = await self._caller.unary(self._webhooks.ListWebhookDeliveries, request)
            for delivery in page.deliveries:
                yield delivery
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def get(self, delivery_id: str) -> WebhookDelivery:
        """The delivery with its attempts and, after the first of them, what is sent."""
        request = GetWebhookDeliveryRequest(id=delivery_id)
        return (await self._caller.unary(self._webhooks.GetWebhookDelivery, request)).delivery

    async def redeliver(self, delivery_id: str) -> WebhookDelivery:
        """Send it once more, with all its attempts. Raises DeliveryPending while it is still being tried."""
        request = RedeliverWebhookRequest(id=delivery_id)
        try:
            return (await self._caller.unary(self._webhooks.RedeliverWebhook, request, attempts=1)).delivery
        except Unavailable:
            return await self._redeliver_again(request)

    async def _redeliver_again(self, request: RedeliverWebhookRequest) -> WebhookDelivery:
        """The answer may have got lost after the deed: then it is being tried, as was asked for."""
        try:
            return (await self._caller.unary(self._webhooks.RedeliverWebhook, request)).delivery
        except DeliveryPending:
            return await self.get(request.id)

    async def endpoints(self) -> Sequence[WebhookEndpoint]:
        """The addresses that failed lately, or are disabled for it."""
        request = ListWebhookEndpointsRequest()
        return (await self._caller.unary(self._webhooks.ListWebhookEndpoints, request)).endpoints

    async def enable(self, url: str) -> WebhookEndpoint:
        """Send to a disabled address again. Raises EndpointNotFound if no webhook ever went there."""
        request = EnableWebhookEndpointRequest(url=url)
        return (await self._caller.unary(self._webhooks.EnableWebhookEndpoint, request)).endpoint

    async def secret(self) -> str:
        """What signs the webhooks; made if there is none."""
        return (await self._caller.unary(self._webhooks.GetWebhookSecret, GetWebhookSecretRequest())).secret

    async def rotate_secret(self, *, end_previous_now: bool = False) -> RotateWebhookSecretResponse:
        """Another secret. The old one signs beside it for 24 hours, unless it is to end at once.

        Never repeated, as that would end the old secret: after Unavailable, `secret` tells which one holds.
        """
        request = RotateWebhookSecretRequest(end_previous_now=end_previous_now)
        return await self._caller.unary(self._webhooks.RotateWebhookSecret, request, attempts=1)
