"""The log of webhooks and their secret, through the client and against the real service."""

import pytest

from server.accounts.bootstrap import ACCOUNT_ID
from server.webhooks.endpoints import record_failed_event
from tests.client.account_house import House
from tests.webhooks.deliveries import BEGINNING, URL
from zerokerf import errors
from zerokerf.client import AsyncClient
from zerokerf.v1.webhook_pb2 import WebhookDelivery


async def test_deliveries_are_listed_page_by_page(house: House, manager: AsyncClient) -> None:
    made = {await house.delivery(job_id=f"job_{number}") for number in range(5)}

    listed = [delivery.id async for delivery in manager.webhooks.list(page_size=2)]

    assert sorted(listed) == sorted(made)


async def test_deliveries_are_listed_by_job_and_state(house: House, manager: AsyncClient) -> None:
    await house.delivery(job_id="job_1")
    wanted = await house.delivery(job_id="job_2")
    failed = await house.delivery(job_id="job_3", state="failed")

    assert [each.id async for each in manager.webhooks.list(job_id="job_2")] == [wanted]
    assert [each.id async for each in manager.webhooks.list(WebhookDelivery.STATE_FAILED)] == [failed]


async def test_sending_again_succeeds_though_the_answer_gets_lost(house: House, manager: AsyncClient) -> None:
    delivery_id = await house.delivery(state="failed")
    house.lost_answers["RedeliverWebhook"] = 1

    sent = await manager.webhooks.redeliver(delivery_id)

    assert (sent.id, sent.state) == (delivery_id, WebhookDelivery.STATE_PENDING)
    with pytest.raises(errors.DeliveryPending):
        await manager.webhooks.redeliver(delivery_id)
    with pytest.raises(errors.DeliveryNotFound):
        await manager.webhooks.get("dlv_none")


async def test_a_disabled_address_is_listed_and_enabled(house: House, manager: AsyncClient) -> None:
    for _ in range(3):
        async with house.database.writing() as connection:
            await record_failed_event(connection, ACCOUNT_ID, URL, BEGINNING)

    (endpoint,) = await manager.webhooks.endpoints()
    enabled = await manager.webhooks.enable(URL)

    assert (endpoint.url, endpoint.failed_in_a_row) == (URL, 3)
    assert endpoint.HasField("disable_time")
    assert not enabled.HasField("disable_time")
    assert list(await manager.webhooks.endpoints()) == []
    with pytest.raises(errors.EndpointNotFound):
        await manager.webhooks.enable("https://hooks.example.com/other")


async def test_another_secret_leaves_the_old_one_a_day_or_nothing(manager: AsyncClient) -> None:
    first = await manager.webhooks.secret()

    second = await manager.webhooks.rotate_secret()
    third = await manager.webhooks.rotate_secret(end_previous_now=True)

    assert len({first, second.secret, third.secret}) == 3
    assert second.HasField("previous_expire_time")
    assert not third.HasField("previous_expire_time")
    assert await manager.webhooks.secret() == third.secret


async def test_a_secret_is_never_renewed_twice_by_one_call(house: House, manager: AsyncClient) -> None:
    house.lost_answers["RotateWebhookSecret"] = 1

    with pytest.raises(errors.Unavailable):
        await manager.webhooks.rotate_secret()

    assert house.calls == ["RotateWebhookSecret"]
