"""The log of webhooks, sending them again, and the secret that signs them."""

from typing import Any

import httpx
import pytest

from tests.gateway.account.memory_webhooks import MemoryWebhooks
from tests.gateway.jobs import at
from tests.gateway.memory_service import CREATED
from zerokerf.v1.webhook_pb2 import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from zerokerf.v1.webhook_service_pb2 import RotateWebhookSecretRequest

pytestmark = pytest.mark.asyncio(loop_scope="session")

WEBHOOKS = "/api/v1/webhooks"
DELIVERIES = f"{WEBHOOKS}/deliveries"
URL = "https://hooks.example.com/as"


def delivery(delivery_id: str, state: WebhookDelivery.State.ValueType, **fields: Any) -> WebhookDelivery:  # noqa: ANN401 - a message's own fields
    given: dict[str, Any] = {
        "event": "job.completed",
        "job_id": "job_abc123",
        "url": URL,
        "create_time": CREATED,
        "body": "{}",
    }
    return WebhookDelivery(id=delivery_id, state=state, **given | fields)


async def test_a_delivery_shows_what_was_sent_and_every_attempt(
    manager: httpx.AsyncClient, webhooks: MemoryWebhooks
) -> None:
    attempts = [
        WebhookAttempt(time=CREATED, error="The connection was refused.", milliseconds=3),
        WebhookAttempt(time=at("2026-03-29T10:01:00Z"), status=500, answer="oops", milliseconds=181),
        WebhookAttempt(time=at("2026-03-29T10:06:00Z"), status=204, milliseconds=42),
    ]
    webhooks.add(
        delivery(
            "dlv_1",
            WebhookDelivery.STATE_DELIVERED,
            attempts=attempts,
            end_time=at("2026-03-29T10:06:00Z"),
            body='{"event":"job.completed"}',
        )
    )

    answer = await manager.get(f"{DELIVERIES}/dlv_1")

    assert answer.status_code == 200
    assert answer.json() == {
        "id": "dlv_1",
        "event": "job.completed",
        "jobId": "job_abc123",
        "url": URL,
        "status": "delivered",
        "attempts": [
            {
                "timestamp": "2026-03-29T10:00:00Z",
                "error": "The connection was refused.",
                "milliseconds": 3,
            },
            {"timestamp": "2026-03-29T10:01:00Z", "status": 500, "answer": "oops", "milliseconds": 181},
            {"timestamp": "2026-03-29T10:06:00Z", "status": 204, "answer": "", "milliseconds": 42},
        ],
        "createdAt": "2026-03-29T10:00:00Z",
        "endedAt": "2026-03-29T10:06:00Z",
        "body": '{"event":"job.completed"}',
    }


async def test_a_waiting_delivery_of_no_job_tells_when_it_is_tried_next(
    manager: httpx.AsyncClient, webhooks: MemoryWebhooks
) -> None:
    next_attempt_time = at("2026-03-29T10:01:00Z")
    webhooks.add(
        delivery(
            "dlv_1", WebhookDelivery.STATE_PENDING, job_id="", body="", next_attempt_time=next_attempt_time
        )
    )

    answer = (await manager.get(f"{DELIVERIES}/dlv_1")).json()

    assert list(answer) == ["id", "event", "url", "status", "attempts", "createdAt", "nextAttemptAt"]
    assert answer["nextAttemptAt"] == "2026-03-29T10:01:00Z"


async def test_pages_follow_each_other(manager: httpx.AsyncClient, webhooks: MemoryWebhooks) -> None:
    for number in range(3):
        webhooks.add(delivery(f"dlv_{number}", WebhookDelivery.STATE_DELIVERED))

    first = (await manager.get(DELIVERIES, params={"limit": 2})).json()
    last = (await manager.get(DELIVERIES, params={"limit": 2, "pageToken": first["nextPageToken"]})).json()

    assert [each["id"] for each in first["data"] + last["data"]] == ["dlv_0", "dlv_1", "dlv_2"]
    assert list(last) == ["data"]
    assert "body" not in first["data"][0]


async def test_no_deliveries_are_an_empty_page(manager: httpx.AsyncClient) -> None:
    assert (await manager.get(DELIVERIES)).json() == {"data": []}


@pytest.mark.parametrize("status", ["pending", "delivered", "failed", "stopped", "dropped"])
async def test_deliveries_are_filtered_by_status(
    manager: httpx.AsyncClient, webhooks: MemoryWebhooks, status: str
) -> None:
    for number, state in enumerate(WebhookDelivery.State.values()[1:]):
        webhooks.add(delivery(f"dlv_{number}", state))

    answer = await manager.get(DELIVERIES, params={"status": status})

    assert [each["status"] for each in answer.json()["data"]] == [status]


async def test_deliveries_are_filtered_by_job(manager: httpx.AsyncClient, webhooks: MemoryWebhooks) -> None:
    webhooks.add(delivery("dlv_1", WebhookDelivery.STATE_DELIVERED))
    webhooks.add(delivery("dlv_2", WebhookDelivery.STATE_DELIVERED, job_id="job_2"))

    answer = await manager.get(DELIVERIES, params={"jobId": "job_2"})

    assert [each["id"] for each in answer.json()["data"]] == ["dlv_2"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("status", "done"),
        ("status", ""),
        ("jobId", ""),
        ("jobId", "a b"),
        ("jobId", "\0"),
        ("pageToken", "nonsense"),
    ],
)
async def test_a_bad_parameter_is_named(manager: httpx.AsyncClient, name: str, value: str) -> None:
    answer = await manager.get(DELIVERIES, params={name: value})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], list(error["details"])) == (400, "INVALID_PARAMS", [name])


async def test_what_has_ended_is_sent_again(manager: httpx.AsyncClient, webhooks: MemoryWebhooks) -> None:
    webhooks.add(delivery("dlv_1", WebhookDelivery.STATE_FAILED, end_time=CREATED))

    first = await manager.post(f"{DELIVERIES}/dlv_1/redeliver")
    second = await manager.post(f"{DELIVERIES}/dlv_1/redeliver")

    assert (first.status_code, first.json()["status"]) == (200, "pending")
    assert (second.status_code, second.json()["error"]["code"]) == (409, "DELIVERY_PENDING")


@pytest.mark.parametrize("delivery_id", ["dlv_zz", "a%2Fb", "%00", "x" * 5000])
@pytest.mark.parametrize(("method", "suffix"), [("GET", ""), ("POST", "/redeliver")])
async def test_a_delivery_that_is_not_there_is_not_found(
    manager: httpx.AsyncClient, method: str, suffix: str, delivery_id: str
) -> None:
    answer = await manager.request(method, f"{DELIVERIES}/{delivery_id}{suffix}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_a_disabled_endpoint_is_enabled_by_its_url(
    manager: httpx.AsyncClient, webhooks: MemoryWebhooks
) -> None:
    webhooks.endpoints[URL] = WebhookEndpoint(url=URL, failed_in_a_row=3, disable_time=CREATED)

    listed = (await manager.get(f"{WEBHOOKS}/endpoints")).json()
    enabled = await manager.post(f"{WEBHOOKS}/endpoints/enable", json={"url": URL})

    assert listed == {"data": [{"url": URL, "failedInARow": 3, "disabledAt": "2026-03-29T10:00:00Z"}]}
    assert (enabled.status_code, enabled.json()) == (200, {"url": URL, "failedInARow": 0})


async def test_an_endpoint_of_nobody_is_not_found(manager: httpx.AsyncClient) -> None:
    answer = await manager.post(f"{WEBHOOKS}/endpoints/enable", json={"url": URL})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_the_secret_is_shown_to_whoever_manages_the_account(manager: httpx.AsyncClient) -> None:
    answer = await manager.get(f"{WEBHOOKS}/secret")

    assert (answer.status_code, answer.json()) == (200, {"secret": "whsec_0"})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("body", [None, {}, {"endPreviousNow": False}, {"endPreviousNow": None}], ids=str)
async def test_the_previous_secret_signs_on_for_a_day(
    manager: httpx.AsyncClient, body: dict[str, Any] | None
) -> None:
    answer = await manager.post(f"{WEBHOOKS}/secret/rotate", json=body)

    assert answer.status_code == 200
    assert answer.json() == {"secret": "whsec_1", "previousExpiresAt": "2026-03-30T10:00:00Z"}


async def test_a_secret_that_is_known_ends_at_once(
    manager: httpx.AsyncClient, webhooks: MemoryWebhooks
) -> None:
    answer = await manager.post(f"{WEBHOOKS}/secret/rotate", json={"endPreviousNow": True})

    assert answer.json() == {"secret": "whsec_1"}
    assert webhooks.requests == [RotateWebhookSecretRequest(end_previous_now=True)]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("secret/rotate", {"endPreviousNow": "yes"}, "endPreviousNow"),
        ("secret/rotate", {"now": True}, "now"),
        ("endpoints/enable", {}, "url"),
        ("endpoints/enable", {"url": 1}, "url"),
        ("endpoints/enable", {"url": URL, "all": True}, "all"),
    ],
    ids=str,
)
async def test_a_bad_field_is_named(
    manager: httpx.AsyncClient, webhooks: MemoryWebhooks, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await manager.post(f"{WEBHOOKS}/{path}", json=body)

    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, [field])
    assert not webhooks.requests
