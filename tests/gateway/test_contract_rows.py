"""Every row of the documented table of endpoints: how it is called, and what it answers."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.gateway import jobs
from tests.gateway.account.memory_accounts import TOKEN, MemoryAccounts
from tests.gateway.admission import KEY
from tests.gateway.memory_service import CREATED, MemoryService
from zerokerf.v1.account_pb2 import ApiKey
from zerokerf.v1.split_pb2 import Split

pytestmark = pytest.mark.asyncio(loop_scope="session")

API_KEY = {"X-API-Key": KEY}
JWT = {"Authorization": f"Bearer {TOKEN}"}
SPLIT = {"sourceUrl": "https://a.example/a.wav", "splitMode": "duration", "segmentDuration": 240}
PLAN = {"planId": "plan_pro"}
LISTED = ["id", "name", "keyPreview", "scopes", "lastUsedAt", "createdAt", "expiresAt"]
#: Documented, but it takes a card processor.
NOT_OFFERED = (501, ["error"])


@dataclass(frozen=True)
class Row:
    method: str
    path: str
    auth: dict[str, str]
    status: int
    fields: list[str]
    body: dict[str, Any] | None = None


ROWS = [
    Row(
        "POST", "/splits", API_KEY, 201, ["id", "status", "splitMode", "segmentDuration", "createdAt"], SPLIT
    ),
    Row("GET", "/splits", API_KEY, 200, ["data", "pagination"]),
    Row(
        "GET",
        "/splits/job_abc123",
        API_KEY,
        200,
        ["id", "status", "splitMode", "segmentDuration", "createdAt"],
    ),
    Row("DELETE", "/splits/job_abc123", API_KEY, 204, []),
    Row(
        "POST",
        "/api-keys",
        JWT,
        201,
        ["id", "name", "key", "scopes", "createdAt", "expiresAt"],
        {"name": "CI"},
    ),
    Row("GET", "/api-keys", JWT, 200, ["data"]),
    Row("GET", "/api-keys/key_q8", JWT, 200, [*LISTED, "usageCount"]),
    Row("PATCH", "/api-keys/key_q8", JWT, 200, [*LISTED, "updatedAt"], {"name": "CI"}),
    Row("DELETE", "/api-keys/key_q8", JWT, 204, []),
    Row(
        "POST", "/api-keys/key_q8/rotate", JWT, 200, ["id", "name", "key", "scopes", "rotatedAt", "createdAt"]
    ),
    Row("GET", "/billing", JWT, 200, ["plan", "subscription", "paymentMethod"]),
    Row("GET", "/billing/usage", JWT, 200, ["period", "usage", "cost"]),
    Row("GET", "/billing/invoices", JWT, *NOT_OFFERED),
    Row("POST", "/billing/subscribe", JWT, *NOT_OFFERED, PLAN),
    Row("POST", "/billing/cancel", JWT, *NOT_OFFERED, {"immediate": True}),
    Row("POST", "/billing/change-plan", JWT, *NOT_OFFERED, PLAN),
    Row(
        "POST",
        "/account/export",
        JWT,
        202,
        ["exportId", "status", "format", "estimatedCompletionAt", "message"],
        {"format": "json"},
    ),
    Row(
        "DELETE",
        "/account",
        JWT,
        200,
        ["message", "deletionScheduledAt"],
        {"confirmation": "DELETE MY ACCOUNT"},
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path}")
async def test_the_row_answers_as_documented(
    anyone: httpx.AsyncClient, service: MemoryService, accounts: MemoryAccounts, row: Row
) -> None:
    service.add(jobs.split(Split.STATE_QUEUED))
    accounts.keys["key_q8"] = ApiKey(id="key_q8", name="CI", create_time=CREATED)

    answer = await anyone.request(row.method, f"/api/v1{row.path}", headers=row.auth, json=row.body)
    stranger = await anyone.request(row.method, f"/api/v1{row.path}", json=row.body)

    assert answer.status_code == row.status
    assert (list(answer.json()) if answer.content else []) == row.fields
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (401, "UNAUTHORIZED")


async def test_the_table_has_its_eighteen_rows() -> None:
    assert len({(row.method, row.path.replace("job_abc123", "").replace("key_q8", "")) for row in ROWS}) == 18
