"""The archive of an account, and its end."""

from typing import Any

import httpx
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.gateway.account.memory_accounts import MemoryAccounts
from tests.gateway.memory_service import CREATED
from zerokerf.v1.account_pb2 import AccountExport
from zerokerf.v1.account_service_pb2 import DeleteAccountRequest, ExportAccountRequest

pytestmark = pytest.mark.asyncio(loop_scope="session")

ACCOUNT = "/api/v1/account"
EXPORT = f"{ACCOUNT}/export"


async def test_a_requested_export_is_the_documented_answer(
    manager: httpx.AsyncClient, accounts: MemoryAccounts
) -> None:
    answer = await manager.post(EXPORT, json={"format": "csv", "webhookUrl": "https://hooks.example.com"})

    body = answer.json()
    assert answer.status_code == 202
    assert list(body) == ["exportId", "status", "format", "estimatedCompletionAt", "message"]
    assert (body["exportId"], body["status"], body["format"]) == ("exp_1", "processing", "csv")
    assert body["estimatedCompletionAt"] == "2026-03-29T10:15:00Z"
    assert accounts.requests == [
        ExportAccountRequest(format=AccountExport.FORMAT_CSV, webhook_url="https://hooks.example.com")
    ]


async def test_an_export_is_json_unless_it_is_told_otherwise(manager: httpx.AsyncClient) -> None:
    assert (await manager.post(EXPORT, json={})).json()["format"] == "json"


async def test_a_repeated_request_answers_the_first_export(manager: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "one"}

    answers = [await manager.post(EXPORT, json={}, headers=headers) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["exportId"] == "exp_one"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"format": "xml"}, "format"),
        ({"format": 1}, "format"),
        ({"webhookUrl": 1}, "webhookUrl"),
        ({"email": "a@example.com"}, "email"),
    ],
    ids=str,
)
async def test_a_bad_wish_for_an_export_is_named(
    manager: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await manager.post(EXPORT, json=body)

    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, [field])


async def test_an_export_in_the_making_has_no_link(
    manager: httpx.AsyncClient, accounts: MemoryAccounts
) -> None:
    await manager.post(EXPORT, json={})

    assert (await manager.get(f"{ACCOUNT}/exports/exp_1")).json() == {
        "exportId": "exp_1",
        "status": "processing",
        "format": "json",
        "estimatedCompletionAt": "2026-03-29T10:15:00Z",
        "createdAt": "2026-03-29T10:00:00Z",
    }


async def test_a_finished_export_has_a_link(manager: httpx.AsyncClient, accounts: MemoryAccounts) -> None:
    accounts.exports["exp_1"] = AccountExport(
        id="exp_1",
        format=AccountExport.FORMAT_CSV,
        state=AccountExport.STATE_COMPLETED,
        create_time=CREATED,
        end_time=CREATED,
        expire_time=Timestamp(seconds=CREATED.seconds + 7 * 86400),
        download_url="https://files.example.com/x?s=1",
        download_expire_time=Timestamp(seconds=CREATED.seconds + 86400),
        size=51200,
    )

    answer = await manager.get(f"{ACCOUNT}/exports/exp_1")

    assert answer.status_code == 200
    assert answer.json() == {
        "exportId": "exp_1",
        "status": "completed",
        "format": "csv",
        "createdAt": "2026-03-29T10:00:00Z",
        "completedAt": "2026-03-29T10:00:00Z",
        "downloadUrl": "https://files.example.com/x?s=1",
        "size": 51200,
        "expiresAt": "2026-03-30T10:00:00Z",
        "availableUntil": "2026-04-05T10:00:00Z",
    }


async def test_a_failed_export_says_so(manager: httpx.AsyncClient, accounts: MemoryAccounts) -> None:
    accounts.exports["exp_1"] = AccountExport(id="exp_1", state=AccountExport.STATE_FAILED)

    assert (await manager.get(f"{ACCOUNT}/exports/exp_1")).json()["status"] == "failed"


@pytest.mark.parametrize("export_id", ["exp_zz", "a%2Fb", "%00", "x" * 5000])
async def test_an_export_that_is_not_there_is_not_found(manager: httpx.AsyncClient, export_id: str) -> None:
    answer = await manager.get(f"{ACCOUNT}/exports/{export_id}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_a_confirmed_deletion_is_the_documented_answer(
    manager: httpx.AsyncClient, accounts: MemoryAccounts
) -> None:
    answer = await manager.request("DELETE", ACCOUNT, json={"confirmation": "DELETE MY ACCOUNT"})

    assert answer.status_code == 200
    assert list(answer.json()) == ["message", "deletionScheduledAt"]
    assert answer.json()["deletionScheduledAt"] == "2026-04-28T10:00:00Z"
    assert accounts.requests == [DeleteAccountRequest(confirmation="DELETE MY ACCOUNT")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "confirmation"),
        ({"confirmation": None}, "confirmation"),
        ({"confirmation": "delete my account"}, "confirmation"),
        ({"confirmation": "DELETE MY ACCOUNT "}, "confirmation"),
        ({"confirmation": "DELETE MY ACCOUNT", "now": True}, "now"),
    ],
    ids=str,
)
async def test_an_account_does_not_end_by_mistake(
    manager: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await manager.request("DELETE", ACCOUNT, json=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], list(error["details"])) == (400, "INVALID_PARAMS", [field])


async def test_a_deletion_without_a_body_is_refused(manager: httpx.AsyncClient) -> None:
    assert (await manager.delete(ACCOUNT)).status_code == 400
