"""What is refused of keys: bad fields, keys that are not there, callers who may not."""

from typing import Any

import httpx
import pytest

from tests.gateway.account.memory_accounts import OLD_TOKEN, READING_KEY, REVOKED_KEY, MemoryAccounts
from tests.gateway.memory_service import CREATED
from zerokerf.v1.account_pb2 import ApiKey

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEYS = "/api/v1/api-keys"

MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name"),
    ({"name": ""}, "name"),
    ({"name": 5}, "name"),
    ({"scopes": []}, "scopes"),
    ({"scopes": ["splits:delete"]}, "scopes"),
    ({"scopes": "splits:read"}, "scopes"),
    ({"scopes": [1]}, "scopes"),
    ({"expiresAt": "tomorrow"}, "expiresAt"),
    ({"expiresAt": "2027-05-02"}, "expiresAt"),
    ({"expiresAt": "2027-05-02T08:15:00"}, "expiresAt"),
    ({"expiresAt": "2027-02-30T08:15:00Z"}, "expiresAt"),
    ({"expiresAt": "0001-01-01T00:00:00+14:00"}, "expiresAt"),
    ({"expiresAt": "\uff12\uff10\uff12\uff17-05-02T08:15:00Z"}, "expiresAt"),
    ({"expiresAt": 1805882400}, "expiresAt"),
    ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
    ({"environment": "sandbox"}, "environment"),
    ({"expires_at": "2027-05-02T08:15:00Z"}, "expires_at"),
    ({"key": "as_live_sk_mine"}, "key"),
]


@pytest.mark.parametrize(("changes", "field"), MISTAKES, ids=lambda value: str(value)[:50])
async def test_a_bad_field_of_a_new_key_is_named(
    manager: httpx.AsyncClient, accounts: MemoryAccounts, changes: dict[str, Any], field: str
) -> None:
    answer = await manager.post(KEYS, json={"name": "CI"} | changes)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "INVALID_PARAMS")
    assert list(error["details"]) == [field]
    assert error["details"][field].endswith(".")
    assert not accounts.keys


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"expiresAt": "never"}, "expiresAt"),
        ({"environment": "test"}, "environment"),
        ({"usageCount": 0}, "usageCount"),
    ],
    ids=str,
)
async def test_a_bad_change_is_named(
    manager: httpx.AsyncClient, accounts: MemoryAccounts, change: dict[str, Any], field: str
) -> None:
    accounts.keys["key_q8"] = ApiKey(id="key_q8", name="CI", create_time=CREATED)

    answer = await manager.patch(f"{KEYS}/key_q8", json=change)

    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, [field])


@pytest.mark.parametrize("key_id", ["key_zz", "a%2Fb", "%00", "job%0d%0aX-Evil:%201", "x" * 5000])
@pytest.mark.parametrize(
    ("method", "suffix"), [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate")]
)
async def test_a_key_that_is_not_there_is_not_found(
    manager: httpx.AsyncClient, method: str, suffix: str, key_id: str
) -> None:
    body = {"name": "CI"} if method == "PATCH" else None

    answer = await manager.request(method, f"{KEYS}/{key_id}{suffix}", json=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert len(answer.text) < 300


@pytest.mark.parametrize(
    ("secret", "status", "code"),
    [
        ("", 401, "UNAUTHORIZED"),
        ("a.b.c", 401, "UNAUTHORIZED"),
        ("eyJhbGciOiJub25lIn0.e30.", 401, "UNAUTHORIZED"),
        ("x" * 9000, 401, "UNAUTHORIZED"),
        (OLD_TOKEN, 401, "TOKEN_EXPIRED"),
        (REVOKED_KEY, 401, "KEY_REVOKED"),
        (READING_KEY, 403, "INSUFFICIENT_SCOPE"),
    ],
    ids=lambda value: str(value)[:30],
)
@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
async def test_what_is_wrong_with_a_caller_is_told(
    anyone: httpx.AsyncClient, header: str, secret: str, status: int, code: str
) -> None:
    value = f"Bearer {secret}".strip() if header == "Authorization" else secret

    answer = await anyone.get(KEYS, headers={header: value})

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
