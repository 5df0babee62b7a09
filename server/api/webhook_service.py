"""WebhookService: reads the request, asks the records of webhooks, answers."""

from server.api.caller import current_account_id
from server.api.interceptors import Context
from server.api.message_parts import timestamp
from server.api.webhook_convert import (
    delivery_message,
    delivery_states,
    endpoint_message,
    listed_delivery_message,
)
from server.webhooks.deliveries import Deliveries
from server.webhooks.delivery_log import DeliveryLog
from server.webhooks.endpoints import Endpoints
from server.webhooks.signing_secrets import SigningSecrets
from zerokerf.v1 import webhook_service_pb2 as pb
from zerokerf.v1 import webhook_service_pb2_grpc


class WebhookService(webhook_service_pb2_grpc.WebhookServiceServicer):
    def __init__(
        self, log: DeliveryLog, deliveries: Deliveries, endpoints: Endpoints, secrets: SigningSecrets
    ) -> None:
        self._log = log
        self._deliveries = deliveries
        self._endpoints = endpoints
        self._secrets = secrets

    async def ListWebhookDeliveries(
        self, request: pb.ListWebhookDeliveriesRequest, context: Context
    ) -> pb.ListWebhookDeliveriesResponse:
        page = await self._log.list(
            current_account_id(),
            job_id=request.job_id or None,
            states=delivery_states(request.states),
            page_size=request.page_size,
            token=request.page_token,
        )
        return pb.ListWebhookDeliveriesResponse(
            deliveries=[listed_delivery_message(delivery) for delivery in page.deliveries],
            next_page_token=page.next_token,
        )

    async def GetWebhookDelivery(
        self, request: pb.GetWebhookDeliveryRequest, context: Context
    ) -> pb.GetWebhookDeliveryResponse:
        delivery = await self._log.get(current_account_id(), request.id)
        return pb.GetWebhookDeliveryResponse(delivery=delivery_message(delivery))

    async def RedeliverWebhook(
        self, request: pb.RedeliverWebhookRequest, context: Context
    ) -> pb.RedeliverWebhookResponse:
        delivery = await self._deliveries.redeliver(current_account_id(), request.id)
        return pb.RedeliverWebhookResponse(delivery=delivery_message(delivery))

    async def ListWebhookEndpoints(
        self, request: pb.ListWebhookEndpointsRequest, context: Context
    ) -> pb.ListWebhookEndpointsResponse:
        troubled = await self._endpoints.troubled(current_account_id())
        return pb.ListWebhookEndpointsResponse(endpoints=[endpoint_message(each) for each in troubled])

    async def EnableWebhookEndpoint(
        self, request: pb.EnableWebhookEndpointRequest, context: Context
    ) -> pb.EnableWebhookEndpointResponse:
        enabled = await self._endpoints.enable(current_account_id(), request.url)
        return pb.EnableWebhookEndpointResponse(endpoint=endpoint_message(enabled))

    async def GetWebhookSecret(
        self, request: pb.GetWebhookSecretRequest, context: Context
    ) -> pb.GetWebhookSecretResponse:
        secrets = await self._secrets.of(current_account_id())
        return pb.GetWebhookSecretResponse(secret=secrets.current)

    async def RotateWebhookSecret(
        self, request: pb.RotateWebhookSecretRequest, context: Context
    ) -> pb.RotateWebhookSecretResponse:
        rotated = await self._secrets.rotate(current_account_id(), end_previous_now=request.end_previous_now)
        return pb.RotateWebhookSecretResponse(
            secret=rotated.current, previous_expire_time=timestamp(rotated.previous_until)
        )
