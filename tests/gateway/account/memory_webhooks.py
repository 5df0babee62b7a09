"""Webhooks of one account in memory, as the protos promise them: what the gateway's tests talk to."""

# ruff: noqa: N802 - the names of methods are gRPC's

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tests.gateway.account.memory_accounts import admit_manager
from tests.gateway.admission import Context, fail
from tests.gateway.memory_service import CREATED
from zerokerf.errors import DeliveryNotFound, DeliveryPending, EndpointNotFound, InvalidParams
from zerokerf.v1 import webhook_service_pb2 as pb
from zerokerf.v1.webhook_pb2 import WebhookDelivery, WebhookEndpoint
from zerokerf.v1.webhook_service_pb2_grpc import WebhookServiceServicer


class MemoryWebhooks(WebhookServiceServicer):
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        #: Newest first.
        self.deliveries: dict[str, WebhookDelivery] = {}
        self.endpoints: dict[str, WebhookEndpoint] = {}
        self.rotations = 0
        self.requests: list[Any] = []

    def add(self, delivery: WebhookDelivery) -> None:
        self.deliveries[delivery.id] = delivery

    async def ListWebhookDeliveries(
        self, request: pb.ListWebhookDeliveriesRequest, context: Context
    ) -> pb.ListWebhookDeliveriesResponse:
        await self._begin(request, context)
        if request.page_token and not request.page_token.isdecimal():
            await fail(context, InvalidParams({"page_token": "Must be one of an answer's."}))
        states = request.states or WebhookDelivery.State.values()
        found = [each for each in self.deliveries.values() if each.state in states]
        found = [each for each in found if request.job_id in ("", each.job_id)]
        start, size = int(request.page_token or 0), request.page_size or 20
        page = pb.ListWebhookDeliveriesResponse(deliveries=found[start : start + size])
        for delivery in page.deliveries:
            delivery.ClearField("body")
        if start + size < len(found):
            page.next_page_token = str(start + size)
        return page

    async def GetWebhookDelivery(
        self, request: pb.GetWebhookDeliveryRequest, context: Context
    ) -> pb.GetWebhookDeliveryResponse:
        await self._begin(request, context)
        return pb.GetWebhookDeliveryResponse(delivery=await self._delivery(request.id, context))

    async def RedeliverWebhook(
        self, request: pb.RedeliverWebhookRequest, context: Context
    ) -> pb.RedeliverWebhookResponse:
        await self._begin(request, context)
        delivery = await self._delivery(request.id, context)
        if delivery.state == WebhookDelivery.STATE_PENDING:
            await fail(context, DeliveryPending(request.id))
        delivery.state = WebhookDelivery.STATE_PENDING
        delivery.ClearField("end_time")
        return pb.RedeliverWebhookResponse(delivery=delivery)

    async def ListWebhookEndpoints(
        self, request: pb.ListWebhookEndpointsRequest, context: Context
    ) -> pb.ListWebhookEndpointsResponse:
        await self._begin(request, context)
        return pb.ListWebhookEndpointsResponse(endpoints=self.endpoints.values())

    async def EnableWebhookEndpoint(
        self, request: pb.EnableWebhookEndpointRequest, context: Context
    ) -> pb.EnableWebhookEndpointResponse:
        await self._begin(request, context)
        if request.url not in self.endpoints:
            await fail(context, EndpointNotFound(request.url))
        endpoint = self.endpoints[request.url]
        endpoint.failed_in_a_row = 0
        endpoint.ClearField("disable_time")
        return pb.EnableWebhookEndpointResponse(endpoint=endpoint)

    async def GetWebhookSecret(
        self, request: pb.GetWebhookSecretRequest, context: Context
    ) -> pb.GetWebhookSecretResponse:
        await self._begin(request, context)
        return pb.GetWebhookSecretResponse(secret=f"whsec_{self.rotations}")

    async def RotateWebhookSecret(
        self, request: pb.RotateWebhookSecretRequest, context: Context
    ) -> pb.RotateWebhookSecretResponse:
        await self._begin(request, context)
        self.rotations += 1
        rotated = pb.RotateWebhookSecretResponse(secret=f"whsec_{self.rotations}")
        if not request.end_previous_now:
            rotated.previous_expire_time.CopyFrom(Timestamp(seconds=CREATED.seconds + 86400))
        return rotated

    async def _begin(self, request: object, context: Context) -> None:
        await admit_manager(context)
        self.requests.append(request)

    async def _delivery(self, delivery_id: str, context: Context) -> WebhookDelivery:
        if delivery_id not in self.deliveries:
            await fail(context, DeliveryNotFound(delivery_id))
        return self.deliveries[delivery_id]
