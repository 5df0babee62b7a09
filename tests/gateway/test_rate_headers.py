"""Every answer tells of the caller's limit, and what the gateway refuses by itself counts as well."""

import re
from typing import Any

import httpx
import pytest

from tests.gateway import jobs
from tests.gateway.account.memory_accounts import OLD_TOKEN, REVOKED_KEY, TOKEN
from tests.gateway.admission import KEY
from tests.gateway.memory_limits import RESET, RETRY_AFTER_S, MemoryLimits
from tests.gateway.memory_service import MemoryService
from zerokerf.v1.split_pb2 import Split, SplitEvent

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMES = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
SPLITS, BATCH = "/api/v1/splits", "/v1/batch/jobs"
JSON = {"Content-Type": "application/json"}

#: Method, path, body: refused by the gateway, which makes no call for them but the one that asks who calls.
REFUSED = [
    ("POST", SPLITS, b"{", 400),
    ("POST", SPLITS, b'{"segmentDuration": 1.5}', 400),
    ("GET", f"{SPLITS}?limit=0", None, 400),
    ("GET", f"{SPLITS}/a%20b", None, 404),
    ("POST", "/api/v1/api-keys", b"[]", 400),
    ("PATCH", "/api/v1/api-keys/key_1", b'{"name": 1}', 400),
    ("DELETE", "/api/v1/account", b"{}", 400),
    ("GET", "/api/v1/webhooks/deliveries?status=x", None, 400),
    ("GET", "/api/v1/nothing", None, 404),
    ("PUT", SPLITS, None, 405),
    ("GET", f"{BATCH}?page=0", None, 400),
    ("GET", f"{BATCH}/not-an-id", None, 400),
    ("GET", "/v1/nothing", None, 404),
]


def told(answer: httpx.Response) -> list[str | None]:
    return [answer.headers.get(name) for name in NAMES]


def known(client: httpx.AsyncClient, secret: str) -> httpx.AsyncClient:
    client.headers["Authorization"] = f"Bearer {secret}"
    return client


async def operations(client: httpx.AsyncClient) -> list[tuple[str, str]]:
    paths = (await client.get("/openapi.json")).json()["paths"]
    return [(verb.upper(), path) for path, verbs in paths.items() if "/v1/" in path for verb in verbs]


async def test_every_endpoint_tells_of_the_limit(anyone: httpx.AsyncClient, limits: MemoryLimits) -> None:
    limits.limit = 10_000
    client = known(anyone, KEY)

    for method, template in await operations(client):
        path = re.sub("{.*?}", "missing1", template)
        body = b"{}" if method in ("POST", "PATCH", "DELETE") else None
        limits.calls.clear()
        answer = await client.request(method, path, content=body, headers=JSON)

        assert limits.calls, template
        limit, remaining, reset = told(answer)
        assert (limit, reset) == ("10000", str(RESET)), template
        assert remaining is not None
        assert int(remaining) < 10_000


async def test_the_headers_count_down(manager: httpx.AsyncClient, limits: MemoryLimits) -> None:
    limits.limit = 3

    answers = [await manager.get("/api/v1/api-keys") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]


async def test_a_stream_tells_of_the_limit_when_it_begins(
    anyone: httpx.AsyncClient, limits: MemoryLimits, service: MemoryService
) -> None:
    limits.limit = 60
    service.add(jobs.split(Split.STATE_QUEUED))
    await service.happen("job_abc123", SplitEvent(sequence=1, state=Split.STATE_FAILED))

    answer = await known(anyone, KEY).get(f"{SPLITS}/job_abc123/events")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert told(answer) == ["60", "58", str(RESET)]


async def test_over_the_limit_is_the_documented_answer(
    manager: httpx.AsyncClient, limits: MemoryLimits
) -> None:
    limits.limit = 0

    answer = await manager.get("/api/v1/api-keys")

    assert answer.status_code == 429
    error: dict[str, Any] = answer.json()["error"]
    assert (error["code"], error["status"], error["retryAfter"]) == ("RATE_LIMITED", 429, RETRY_AFTER_S)
    assert answer.headers["retry-after"] == str(RETRY_AFTER_S)
    assert told(answer) == ["0", "0", str(RESET)]


@pytest.mark.parametrize(("method", "path", "body", "status"), REFUSED)
async def test_what_the_gateway_refuses_counts_once(
    anyone: httpx.AsyncClient, limits: MemoryLimits, method: str, path: str, body: bytes | None, status: int
) -> None:
    limits.limit = 60

    answer = await known(anyone, TOKEN).request(method, path, content=body, headers=JSON)

    assert answer.status_code == status
    assert limits.calls == ["CheckCaller"]
    assert told(answer) == ["60", "59", str(RESET)]


@pytest.mark.parametrize(("method", "path", "body", "status"), REFUSED)
async def test_over_the_limit_comes_before_what_is_wrong(
    anyone: httpx.AsyncClient, limits: MemoryLimits, method: str, path: str, body: bytes | None, status: int
) -> None:
    limits.limit = 0

    answer = await known(anyone, TOKEN).request(method, path, content=body, headers=JSON)

    assert (answer.status_code, answer.headers["retry-after"]) == (429, str(RETRY_AFTER_S))


@pytest.mark.parametrize(("method", "path", "body", "status"), REFUSED)
@pytest.mark.parametrize(
    ("secret", "code"),
    [("wrong", "UNAUTHORIZED"), (OLD_TOKEN, "TOKEN_EXPIRED"), (REVOKED_KEY, "KEY_REVOKED")],
)
async def test_a_bad_key_comes_before_what_is_wrong(
    anyone: httpx.AsyncClient,
    method: str,
    path: str,
    body: bytes | None,
    status: int,
    secret: str,
    code: str,
) -> None:
    answer = await known(anyone, secret).request(method, path, content=body, headers=JSON)

    if path.startswith("/v1"):
        assert answer.status_code == 403
    else:
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)


async def test_what_is_refused_after_a_call_is_not_counted_twice(
    anyone: httpx.AsyncClient, limits: MemoryLimits
) -> None:
    limits.limit = 60

    answer = await known(anyone, KEY).post(BATCH, content=b"{", headers=JSON)

    assert (answer.status_code, len(limits.calls)) == (400, 1)
    assert told(answer) == ["60", "59", str(RESET)]


async def test_without_a_key_nothing_is_asked(anyone: httpx.AsyncClient, limits: MemoryLimits) -> None:
    limits.limit = 60

    answer = await anyone.post(SPLITS, content=b"{", headers=JSON)
    nowhere = await anyone.get("/api/v1/nothing")

    assert (answer.status_code, nowhere.status_code) == (401, 404)
    assert (limits.calls, told(answer)) == ([], [None] * 3)


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/openapi.json", "/nothing", "/files/t/a"])
async def test_other_addresses_do_not_count(
    manager: httpx.AsyncClient, limits: MemoryLimits, path: str
) -> None:
    limits.limit = 60

    answer = await manager.get(path)

    assert (limits.calls, told(answer)) == ([], [None] * 3)


async def test_no_limit_is_not_told_of(manager: httpx.AsyncClient) -> None:
    answer = await manager.get("/api/v1/api-keys")

    assert (answer.status_code, told(answer)) == (200, [None] * 3)


async def test_a_refusal_stays_true_while_the_server_cannot_be_asked(http: httpx.AsyncClient) -> None:
    """The server of this client knows nothing of accounts, like one of an earlier version."""
    answer = await http.post(SPLITS, content=b"{", headers=JSON)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_PARAMS")
