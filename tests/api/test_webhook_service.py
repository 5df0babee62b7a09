"""WebhookService over a socket: an account sees and steers its own webhooks, and nobody else's."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from server.api.interceptors import CallInterceptor
from server.api.webhook_convert import STATES
from server.api.webhook_service import WebhookService
from server.database.open import Database
from server.webhooks.deliveries import Deliveries
from server.webhooks.delivery_log import DeliveryLog
from server.webhooks.delivery_records import DeliveryRecords
from server.webhooks.endpoints import Endpoints
from server.webhooks.model import Attempt, DeliveryState
from server.webhooks.signing_secrets import SigningSecrets
from tests.api.batch_house import MINE, THEIRS, Keys, refused
from tests.webhooks.deliveries import BEGINNING, URL, new_account, new_delivery
from tests.webhooks.engines import NotedEngine
from zerokerf.errors import DeliveryNotFound, DeliveryPending, EndpointNotFound, InvalidParams
from zerokerf.v1 import webhook_service_pb2 as pb
from zerokerf.v1.webhook_pb2 import WebhookDelivery
from zerokerf.v1.webhook_service_pb2_grpc import (
    WebhookServiceStub,
    add_WebhookServiceServicer_to_server,
)

if TYPE_CHECKING:  # exists for the type checker only
    from zerokerf.v1.webhook_service_pb2_grpc import WebhookServiceAsyncStub

FAILED = Attempt(BEGINNING, 503, answer="come back later", took_ms=12)


@dataclass(frozen=True)
class Desk:
    stub: "WebhookServiceAsyncStub"
    records: DeliveryRecords
    engine: NotedEngine
    database: Database

    async def failed(self, **columns: object) -> str:
        delivery_id = await new_delivery(self.database, body='{"é":1}', **columns)
        delivery = await self.records.load(delivery_id)
        assert delivery is not None
        await self.records.record_attempt(delivery, FAILED, None)
        return delivery_id

    async def listed(self, **asked: Any) -> list[WebhookDelivery]:  # noqa: ANN401 - fields of all types
        request = pb.ListWebhookDeliveriesRequest(**asked)
        return list((await self.stub.ListWebhookDeliveries(request, metadata=MINE)).deliveries)


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    for account_id in ("acc_a", "acc_b"):
        await new_account(database, account_id)
    engine, records, log = NotedEngine(), DeliveryRecords(database), DeliveryLog(database)
    service = WebhookService(
        log, Deliveries(records, log, engine), Endpoints(database), SigningSecrets(database)
    )
    server = grpc.aio.server(interceptors=[CallInterceptor(Keys())])
    add_WebhookServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Desk(WebhookServiceStub(channel), records, engine, database)
    finally:
        await server.stop(None)


def test_every_state_has_a_value() -> None:
    assert set(STATES.values()) == set(DeliveryState)
    assert len(STATES) == len(WebhookDelivery.State.values()) - 1


async def test_a_delivery_shows_what_became_of_it(desk: Desk) -> None:
    delivery_id = await desk.failed()

    got = (
        await desk.stub.GetWebhookDelivery(pb.GetWebhookDeliveryRequest(id=delivery_id), metadata=MINE)
    ).delivery

    assert (got.id, got.event, got.job_id, got.url) == (delivery_id, "job.completed", "job_1", URL)
    assert (got.state, got.body) == (WebhookDelivery.STATE_FAILED, '{"é":1}')
    (attempt,) = got.attempts
    assert (attempt.status, attempt.answer, attempt.milliseconds) == (503, "come back later", 12)
    assert attempt.time.ToDatetime(BEGINNING.tzinfo) == BEGINNING
    assert got.HasField("end_time")
    assert not got.HasField("next_attempt_time")


async def test_lists_show_all_but_the_bodies(desk: Desk) -> None:
    failed, pending = await desk.failed(), await new_delivery(desk.database, job_id="job_2")

    assert {each.id for each in await desk.listed()} == {failed, pending}
    assert [each.id for each in await desk.listed(job_id="job_2")] == [pending]
    (only,) = await desk.listed(states=[WebhookDelivery.STATE_FAILED])
    assert (only.id, only.body, len(only.attempts)) == (failed, "", 1)


async def test_what_cannot_be_listed_is_refused(desk: Desk) -> None:
    for asked in ({"page_size": -1}, {"page_token": "x"}, {"states": [0]}, {"states": [99]}):
        request = pb.ListWebhookDeliveriesRequest(**asked)
        assert isinstance(
            await refused(desk.stub.ListWebhookDeliveries(request, metadata=MINE)), InvalidParams
        )


async def test_a_delivery_that_has_ended_is_sent_again(desk: Desk) -> None:
    delivery_id = await desk.failed()
    request = pb.RedeliverWebhookRequest(id=delivery_id)

    begun = (await desk.stub.RedeliverWebhook(request, metadata=MINE)).delivery

    assert (begun.id, begun.state, begun.body) == (delivery_id, WebhookDelivery.STATE_PENDING, '{"é":1}')
    assert desk.engine.started == [("acc_a", delivery_id, 2)]
    assert isinstance(await refused(desk.stub.RedeliverWebhook(request, metadata=MINE)), DeliveryPending)


async def test_a_disabled_address_is_shown_and_enabled(desk: Desk) -> None:
    for _ in range(3):
        await desk.failed()
    (shown,) = (
        await desk.stub.ListWebhookEndpoints(pb.ListWebhookEndpointsRequest(), metadata=MINE)
    ).endpoints
    request = pb.EnableWebhookEndpointRequest(url=URL)

    enabled = (await desk.stub.EnableWebhookEndpoint(request, metadata=MINE)).endpoint

    assert (shown.url, shown.failed_in_a_row, shown.HasField("disable_time")) == (URL, 3, True)
    assert (enabled.url, enabled.failed_in_a_row, enabled.HasField("disable_time")) == (URL, 0, False)
    assert not (
        await desk.stub.ListWebhookEndpoints(pb.ListWebhookEndpointsRequest(), metadata=MINE)
    ).endpoints


async def test_the_secret_is_shown_and_rotated(desk: Desk) -> None:
    asked, again = pb.GetWebhookSecretRequest(), pb.RotateWebhookSecretRequest()
    first = (await desk.stub.GetWebhookSecret(asked, metadata=MINE)).secret
    rotated = await desk.stub.RotateWebhookSecret(again, metadata=MINE)
    at_once = await desk.stub.RotateWebhookSecret(
        pb.RotateWebhookSecretRequest(end_previous_now=True), metadata=MINE
    )

    assert first.startswith("whsec_")
    assert rotated.HasField("previous_expire_time")
    assert not at_once.HasField("previous_expire_time")
    assert (await desk.stub.GetWebhookSecret(asked, metadata=MINE)).secret == at_once.secret
    assert len({first, rotated.secret, at_once.secret}) == 3


async def test_of_anothers_webhooks_nothing_is_there(desk: Desk) -> None:
    delivery_id = await desk.failed()
    call: Callable[[], Any]
    for call in (
        lambda: desk.stub.GetWebhookDelivery(pb.GetWebhookDeliveryRequest(id=delivery_id), metadata=THEIRS),
        lambda: desk.stub.RedeliverWebhook(pb.RedeliverWebhookRequest(id=delivery_id), metadata=THEIRS),
    ):
        assert isinstance(await refused(call()), DeliveryNotFound)
    enabling = desk.stub.EnableWebhookEndpoint(pb.EnableWebhookEndpointRequest(url=URL), metadata=THEIRS)
    listed = await desk.stub.ListWebhookDeliveries(pb.ListWebhookDeliveriesRequest(), metadata=THEIRS)
    endpoints = await desk.stub.ListWebhookEndpoints(pb.ListWebhookEndpointsRequest(), metadata=THEIRS)

    assert isinstance(await refused(enabling), EndpointNotFound)
    assert (list(listed.deliveries), list(endpoints.endpoints)) == ([], [])
    assert desk.engine.started == []
    (mine,) = await desk.listed()
    assert mine.state == WebhookDelivery.STATE_FAILED


@pytest.mark.parametrize("delivery_id", ["", "dlv_", "\x00", "x" * 10_000, "dlv_' OR 1=1 --"])
async def test_what_cannot_be_an_id_is_not_found(desk: Desk, delivery_id: str) -> None:
    request = pb.GetWebhookDeliveryRequest(id=delivery_id)

    error = await refused(desk.stub.GetWebhookDelivery(request, metadata=MINE))

    assert isinstance(error, DeliveryNotFound)
    assert len(str(error)) < 200
