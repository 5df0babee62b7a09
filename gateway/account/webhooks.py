"""What became of webhooks, and the secret that signs them: an extension of the documented API."""

from typing import Annotated, Literal, NotRequired

from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from typing_extensions import TypedDict

from gateway.account.bodies import EndpointBody, RotateSecretBody
from gateway.backend import ID_PATTERN, AnyCaller, Caller, caller_of, is_id, shown_id
from gateway.bodies import validated
from gateway.splits.answers import timestamp
from gateway.strict_json import JsonObject, has_body, json_object
from zerokerf.errors import DeliveryNotFound
from zerokerf.v1 import webhook_service_pb2 as pb
from zerokerf.v1.webhook_pb2 import WebhookAttempt, WebhookDelivery, WebhookEndpoint

DeliveryStatus = Literal["pending", "delivered", "failed", "stopped", "dropped"]

STATES: dict[DeliveryStatus, WebhookDelivery.State.ValueType] = {
    "pending": WebhookDelivery.STATE_PENDING,
    "delivered": WebhookDelivery.STATE_DELIVERED,
    "failed": WebhookDelivery.STATE_FAILED,
    "stopped": WebhookDelivery.STATE_STOPPED,
    "dropped": WebhookDelivery.STATE_DROPPED,
}
_STATUSES: dict[WebhookDelivery.State.ValueType, DeliveryStatus] = {
    state: status for status, state in STATES.items()
}


class AttemptJson(TypedDict):
    """Either the `status` and the beginning of the answer, or the `error` that kept it from coming."""

    timestamp: str
    status: NotRequired[int]
    answer: NotRequired[str]
    error: NotRequired[str]
    milliseconds: int


class DeliveryJson(TypedDict):
    """What does not apply is absent. `body` is not in lists, nor there before the first attempt."""

    id: str
    event: str
    jobId: NotRequired[str]
    url: str
    status: DeliveryStatus
    attempts: list[AttemptJson]
    createdAt: str
    endedAt: NotRequired[str]
    nextAttemptAt: NotRequired[str]
    body: NotRequired[str]


class DeliveriesJson(TypedDict):
    """`nextPageToken` is absent on the last page."""

    data: list[DeliveryJson]
    nextPageToken: NotRequired[str]


class EndpointJson(TypedDict):
    """`disabledAt` is there only while its events are not sent."""

    url: str
    failedInARow: int
    disabledAt: NotRequired[str]


class EndpointsJson(TypedDict):
    data: list[EndpointJson]


class SecretJson(TypedDict):
    secret: str


class RotatedSecretJson(SecretJson):
    """`previousExpiresAt` is absent when the old secret signs no more."""

    previousExpiresAt: NotRequired[str]


async def delivery_id_of(
    _: Annotated[Caller, Depends(caller_of)],
    delivery_id: Annotated[
        str, Path(alias="deliveryId", description="The id of the delivery.", examples=["dlv_abc123"])
    ],
) -> str:
    """Raises DeliveryNotFound for what cannot be an id."""
    if not is_id(delivery_id):
        raise DeliveryNotFound(shown_id(delivery_id))
    return delivery_id


DeliveryId = Annotated[str, Depends(delivery_id_of)]


async def list_deliveries(
    caller: AnyCaller,
    job_id: Annotated[str | None, Query(alias="jobId", pattern=ID_PATTERN)] = None,
    status: DeliveryStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    page_token: Annotated[
        str, Query(alias="pageToken", description="The `nextPageToken` of the page before.")
    ] = "",
) -> Response:
    answer = await caller.backend.webhooks.ListWebhookDeliveries(
        pb.ListWebhookDeliveriesRequest(
            page_size=limit,
            page_token=page_token,
            job_id=job_id or "",
            states=[STATES[status]] if status else (),
        ),
        metadata=caller.metadata,
        timeout=caller.timeout_s,
    )
    page = DeliveriesJson(data=[delivery_json(delivery) for delivery in answer.deliveries])
    if answer.next_page_token:
        page["nextPageToken"] = answer.next_page_token
    return JSONResponse(page)


async def get_delivery(caller: AnyCaller, delivery_id: DeliveryId) -> Response:
    answer = await caller.backend.webhooks.GetWebhookDelivery(
        pb.GetWebhookDeliveryRequest(id=delivery_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(delivery_json(answer.delivery))


async def redeliver(caller: AnyCaller, delivery_id: DeliveryId) -> Response:
    answer = await caller.backend.webhooks.RedeliverWebhook(
        pb.RedeliverWebhookRequest(id=delivery_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(delivery_json(answer.delivery))


async def list_endpoints(caller: AnyCaller) -> Response:
    answer = await caller.backend.webhooks.ListWebhookEndpoints(
        pb.ListWebhookEndpointsRequest(), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(EndpointsJson(data=[endpoint_json(endpoint) for endpoint in answer.endpoints]))


async def enable_endpoint(request: Request, caller: AnyCaller) -> Response:
    config = caller.backend.config
    fields = await json_object(request, config.max_body_bytes, config.idle_timeout_s)
    answer = await caller.backend.webhooks.EnableWebhookEndpoint(
        pb.EnableWebhookEndpointRequest(url=validated(EndpointBody, fields).url),
        metadata=caller.metadata,
        timeout=caller.timeout_s,
    )
    return JSONResponse(endpoint_json(answer.endpoint))


async def get_secret(caller: AnyCaller) -> Response:
    answer = await caller.backend.webhooks.GetWebhookSecret(
        pb.GetWebhookSecretRequest(), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(SecretJson(secret=answer.secret))


async def rotate_secret(request: Request, caller: AnyCaller) -> Response:
    body = validated(RotateSecretBody, await _optional_object(request, caller))
    answer = await caller.backend.webhooks.RotateWebhookSecret(
        pb.RotateWebhookSecretRequest(end_previous_now=bool(body.endPreviousNow)),
        metadata=caller.metadata,
        timeout=caller.timeout_s,
    )
    rotated = RotatedSecretJson(secret=answer.secret)
    if answer.HasField("previous_expire_time"):
        rotated["previousExpiresAt"] = timestamp(answer.previous_expire_time)
    return JSONResponse(rotated)


def delivery_json(delivery: WebhookDelivery) -> DeliveryJson:
    answer: DeliveryJson = {"id": delivery.id, "event": delivery.event}  # type: ignore[typeddict-item]  # the others follow, in the order in which they are shown
    if delivery.job_id:
        answer["jobId"] = delivery.job_id
    answer["url"] = delivery.url
    answer["status"] = _STATUSES.get(delivery.state, "pending")
    answer["attempts"] = [attempt_json(attempt) for attempt in delivery.attempts]
    answer["createdAt"] = timestamp(delivery.create_time)
    if delivery.HasField("end_time"):
        answer["endedAt"] = timestamp(delivery.end_time)
    if delivery.HasField("next_attempt_time"):
        answer["nextAttemptAt"] = timestamp(delivery.next_attempt_time)
    if delivery.body:
        answer["body"] = delivery.body
    return answer


def attempt_json(attempt: WebhookAttempt) -> AttemptJson:
    answer: AttemptJson = {"timestamp": timestamp(attempt.time)}  # type: ignore[typeddict-item]  # as above
    if attempt.status:
        answer["status"] = attempt.status
        answer["answer"] = attempt.answer
    if attempt.error:
        answer["error"] = attempt.error
    answer["milliseconds"] = attempt.milliseconds
    return answer


def endpoint_json(endpoint: WebhookEndpoint) -> EndpointJson:
    answer = EndpointJson(url=endpoint.url, failedInARow=endpoint.failed_in_a_row)
    if endpoint.HasField("disable_time"):
        answer["disabledAt"] = timestamp(endpoint.disable_time)
    return answer


async def _optional_object(request: Request, caller: Caller) -> JsonObject:
    config = caller.backend.config
    if not has_body(request.headers):
        return {}
    return await json_object(request, config.max_body_bytes, config.idle_timeout_s)
