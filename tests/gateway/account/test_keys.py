"""API keys: what is documented of them, field by field, and what is refused."""

from typing import Any

import httpx
import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from gateway.fields import JSON_NAMES
from tests.gateway.account.memory_accounts import SCOPES, MemoryAccounts
from tests.gateway.memory_service import CREATED
from zerokerf.v1 import account_service_pb2, webhook_service_pb2
from zerokerf.v1.account_pb2 import ApiKey

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEYS = "/api/v1/api-keys"
READING = ["splits:read"]


def add(accounts: MemoryAccounts, **fields: Any) -> None:  # noqa: ANN401 - a message's own fields
    given: dict[str, Any] = {
        "id": "key_q8",
        "name": "CI",
        "preview": "as_live_sk_abc...xyz",
        "scopes": READING,
        "create_time": CREATED,
    }
    accounts.keys["key_q8"] = ApiKey(**given | fields)


async def test_a_created_key_is_the_documented_answer(manager: httpx.AsyncClient) -> None:
    body = {"name": "CI", "scopes": READING, "expiresAt": "2027-05-02T10:15:00+02:00"}

    answer = await manager.post(KEYS, json=body)

    expected = {
        "id": "key_1",
        "name": "CI",
        "key": "as_live_sk_abc1xyz",
        "scopes": READING,
        "createdAt": "2026-03-29T10:00:00Z",
        "expiresAt": "2027-05-02T08:15:00Z",
    }
    assert (answer.status_code, answer.json()) == (201, expected)
    assert list(answer.json()) == list(expected)
    assert answer.headers["cache-control"] == "no-store"


async def test_a_key_of_a_name_alone_may_do_everything_for_ever(manager: httpx.AsyncClient) -> None:
    answer = (await manager.post(KEYS, json={"name": "CI"})).json()

    assert (answer["scopes"], answer["expiresAt"]) == (list(SCOPES), None)
    assert answer["key"].startswith("as_live_sk_")


async def test_null_is_the_same_as_absent_when_a_key_is_made(
    manager: httpx.AsyncClient, accounts: MemoryAccounts
) -> None:
    nothing = {"scopes": None, "expiresAt": None, "environment": None}
    await manager.post(KEYS, json={"name": "CI"})
    await manager.post(KEYS, json={"name": "CI"} | nothing)

    assert accounts.requests[0] == accounts.requests[1]


@pytest.mark.parametrize("environment", ["live", "test"])
async def test_the_environment_is_the_prefix_and_not_echoed(
    manager: httpx.AsyncClient, environment: str
) -> None:
    answer = (await manager.post(KEYS, json={"name": "CI", "environment": environment})).json()

    assert answer["key"].startswith(f"as_{environment}_sk_")
    assert "environment" not in answer


async def test_a_listed_key_shows_its_nulls_and_no_secret(
    manager: httpx.AsyncClient, accounts: MemoryAccounts
) -> None:
    add(accounts, use_count=7, update_time=CREATED, rotate_time=CREATED)

    answer = await manager.get(KEYS)

    expected = {
        "id": "key_q8",
        "name": "CI",
        "keyPreview": "as_live_sk_abc...xyz",
        "scopes": READING,
        "lastUsedAt": None,
        "createdAt": "2026-03-29T10:00:00Z",
        "expiresAt": None,
    }
    assert (answer.status_code, answer.json()) == (200, {"data": [expected]})
    assert list(answer.json()["data"][0]) == list(expected)


async def test_no_keys_are_an_empty_list(manager: httpx.AsyncClient) -> None:
    assert (await manager.get(KEYS)).json() == {"data": []}


async def test_a_single_key_tells_how_often_it_was_used(
    manager: httpx.AsyncClient, accounts: MemoryAccounts
) -> None:
    add(accounts, use_count=1402, last_use_time=CREATED, expire_time=Timestamp(seconds=1805882400))

    (listed,) = (await manager.get(KEYS)).json()["data"]
    answer = await manager.get(f"{KEYS}/key_q8")

    assert answer.status_code == 200
    assert answer.json() == listed | {"usageCount": 1402}
    assert (listed["lastUsedAt"], listed["expiresAt"]) == ("2026-03-29T10:00:00Z", "2027-03-24T10:00:00Z")


async def test_only_what_is_given_changes(manager: httpx.AsyncClient, accounts: MemoryAccounts) -> None:
    add(accounts, expire_time=CREATED)

    answer = await manager.patch(f"{KEYS}/key_q8", json={"name": "Build"})

    assert answer.status_code == 200
    (listed,) = (await manager.get(KEYS)).json()["data"]
    assert answer.json() == listed | {"updatedAt": "2026-03-29T11:00:00Z"}
    assert (listed["name"], listed["scopes"], listed["expiresAt"]) == (
        "Build",
        READING,
        "2026-03-29T10:00:00Z",
    )


async def test_null_takes_an_expiry_away(manager: httpx.AsyncClient, accounts: MemoryAccounts) -> None:
    add(accounts, expire_time=CREATED)

    answer = await manager.patch(f"{KEYS}/key_q8", json={"expiresAt": None, "name": None, "scopes": None})

    assert (answer.json()["expiresAt"], answer.json()["name"], answer.json()["scopes"]) == (
        None,
        "CI",
        READING,
    )


async def test_scopes_are_replaced_as_a_whole(manager: httpx.AsyncClient, accounts: MemoryAccounts) -> None:
    add(accounts)

    answer = await manager.patch(f"{KEYS}/key_q8", json={"scopes": ["batch:read", "batch:write"]})

    assert answer.json()["scopes"] == ["batch:read", "batch:write"]


async def test_an_empty_change_changes_nothing(manager: httpx.AsyncClient, accounts: MemoryAccounts) -> None:
    add(accounts)

    answer = await manager.patch(f"{KEYS}/key_q8", json={})

    assert (answer.status_code, answer.json()["name"]) == (200, "CI")


async def test_a_revoked_key_is_gone(manager: httpx.AsyncClient, accounts: MemoryAccounts) -> None:
    add(accounts)

    first = await manager.delete(f"{KEYS}/key_q8")
    second = await manager.delete(f"{KEYS}/key_q8")

    assert (first.status_code, first.content) == (204, b"")
    assert (second.status_code, second.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_a_rotated_key_is_the_documented_answer(
    manager: httpx.AsyncClient, accounts: MemoryAccounts
) -> None:
    add(accounts, expire_time=CREATED)

    answer = await manager.post(f"{KEYS}/key_q8/rotate")

    expected = {
        "id": "key_q8",
        "name": "CI",
        "key": "as_live_sk_abcq8xyz2",
        "scopes": READING,
        "rotatedAt": "2026-03-29T11:00:00Z",
        "createdAt": "2026-03-29T10:00:00Z",
    }
    assert (answer.status_code, answer.json()) == (200, expected)
    assert list(answer.json()) == list(expected)


async def test_a_repeated_creation_answers_the_first_key_without_its_secret(
    manager: httpx.AsyncClient,
) -> None:
    headers = {"Idempotency-Key": "one"}

    first = await manager.post(KEYS, json={"name": "CI"}, headers=headers)
    second = await manager.post(KEYS, json={"name": "CI"}, headers=headers)
    other = await manager.post(KEYS, json={"name": "Other"}, headers=headers)

    assert first.json()["key"]
    assert (second.status_code, second.json()) == (201, first.json() | {"key": None})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "IDEMPOTENCY_CONFLICT")


async def test_more_keys_than_the_plan_allows_are_a_conflict(
    manager: httpx.AsyncClient, accounts: MemoryAccounts
) -> None:
    accounts.most_keys = 1
    await manager.post(KEYS, json={"name": "CI"})

    answer = await manager.post(KEYS, json={"name": "CI"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "TOO_MANY_KEYS")


async def test_every_field_of_a_request_has_a_name_in_json() -> None:
    services = (account_service_pb2, webhook_service_pb2)
    requests: list[type[Message]] = [
        getattr(service, name)
        for service in services
        for name in service.DESCRIPTOR.message_types_by_name
        if name.endswith("Request")
    ]

    assert {field.name for request in requests for field in request.DESCRIPTOR.fields} <= set(JSON_NAMES)
