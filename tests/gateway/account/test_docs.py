"""The description of calls about accounts is true: examples are accepted, answers are those sent."""

import json
from typing import Any

import httpx
import jsonschema
import pytest

from tests.gateway.account.memory_accounts import MemoryAccounts
from tests.gateway.account.memory_webhooks import MemoryWebhooks
from tests.gateway.memory_service import CREATED
from zerokerf.v1.account_pb2 import AccountExport, ApiKey
from zerokerf.v1.webhook_pb2 import WebhookAttempt, WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.asyncio(loop_scope="session")

TAGS = {"API keys", "billing", "account", "webhooks"}
IDS = {"keyId": "key_q8", "exportId": "exp_1", "deliveryId": "dlv_1"}
URL = "https://hooks.example.com/as"


def fill(accounts: MemoryAccounts, webhooks: MemoryWebhooks) -> None:
    accounts.keys["key_q8"] = ApiKey(id="key_q8", name="CI", create_time=CREATED, last_use_time=CREATED)
    accounts.exports["exp_1"] = AccountExport(
        id="exp_1", state=AccountExport.STATE_COMPLETED, download_url="https://a.example", expire_time=CREATED
    )
    webhooks.endpoints[URL] = WebhookEndpoint(url=URL, disable_time=CREATED)
    webhooks.add(
        WebhookDelivery(
            id="dlv_1",
            state=WebhookDelivery.STATE_FAILED,
            job_id="job_1",
            attempts=[WebhookAttempt(status=500), WebhookAttempt(error="It did not answer.")],
            next_attempt_time=CREATED,
            body="{}",
        )
    )


async def operations(client: httpx.AsyncClient) -> tuple[dict[str, Any], list[tuple[str, str, Any]]]:
    document = (await client.get("/openapi.json")).json()
    found = [
        (verb.upper(), path, operation)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
        if TAGS & set(operation["tags"]) or path.startswith("/api/v1/account")
    ]
    return document, found


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """No object may have a property that is not described."""
    text = json.dumps(schema).replace('"properties":', '"additionalProperties": false, "properties":')
    made: dict[str, Any] = json.loads(text)
    return made


async def test_every_example_is_accepted_and_answered_as_described(
    manager: httpx.AsyncClient, accounts: MemoryAccounts, webhooks: MemoryWebhooks
) -> None:
    document, found = await operations(manager)

    assert len(found) == 22
    for method, path, operation in found:
        fill(accounts, webhooks)
        (status, described), *_ = operation["responses"].items()
        wanted = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for body in [each["value"] for each in wanted.get("examples", {}).values()] or [None]:
            answer = await manager.request(method, path.format(**IDS), json=body)
            assert str(answer.status_code) == ("501" if "501" in operation["responses"] else status), path
            if "content" in described:
                check(answer.json(), operation["responses"][str(answer.status_code)], document)


def check(answer: object, described: dict[str, Any], document: dict[str, Any]) -> None:
    shown = described["content"]["application/json"]
    schema = shown["schema"] | {"components": document["components"]}
    for value in (answer, *(example["value"] for example in shown["examples"].values())):
        jsonschema.validate(value, closed(schema))


async def test_every_call_names_both_ways_to_say_who_calls(manager: httpx.AsyncClient) -> None:
    document, found = await operations(manager)

    assert set(document["components"]["securitySchemes"]) == {"APIKeyHeader", "HTTPBearer"}
    for method, path, operation in found:
        schemes = {name for way in operation["security"] for name in way}
        assert schemes == {"APIKeyHeader", "HTTPBearer"}, (method, path)
        assert {"401", "403", "429", "500", "503"} <= set(operation["responses"]), (method, path)


async def test_the_example_of_a_limit_has_its_seconds(manager: httpx.AsyncClient) -> None:
    document, _ = await operations(manager)
    examples = document["paths"]["/api/v1/splits"]["get"]["responses"]["429"]["content"]["application/json"][
        "examples"
    ]

    assert examples["RATE_LIMITED"]["value"]["error"]["retryAfter"] == 21
