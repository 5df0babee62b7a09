"""Every error has a public face, and none shows more than that."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from functools import partial

import httpx
import pytest
from google.protobuf.message import Message

from gateway.config import GatewayConfig
from gateway.docs import ERRORS
from gateway.errors import KINDS, REASONS, face_of
from gateway.fields import JSON_NAMES
from tests.gateway.admission import KEY
from tests.gateway.conftest import Setup
from tests.gateway.every_error import bare, classes
from tests.gateway.memory_service import MemoryService
from tests.gateway.serving import client_of
from zerokerf.channel import open_channel
from zerokerf.errors import (
    InternalError,
    JobFailed,
    Kind,
    StorageDenied,
    StorageFull,
    Unavailable,
)
from zerokerf.v1 import split_service_pb2, upload_service_pb2

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: The statuses of the contract, and those that only extensions and mistakes can bring about.
DOCUMENTED = {400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 503}
EXTENSIONS = {410, 501}


async def test_every_error_has_a_status_and_a_code() -> None:
    assert set(KINDS) == set(Kind)
    for cls in classes():
        status, code = face_of(bare(cls))
        assert status in DOCUMENTED | EXTENSIONS, cls
        assert code == code.upper(), cls


async def test_every_listed_reason_is_the_reason_of_an_error() -> None:
    assert set(REASONS) <= {cls.reason for cls in classes()}


async def test_documented_errors_have_the_status_they_are_sent_with() -> None:
    faces = set(REASONS.values()) | set(KINDS.values())

    assert {(status, code) for code, (status, _) in ERRORS.items()} <= faces


async def test_every_field_of_a_request_has_a_name_in_json() -> None:
    requests: list[type[Message]] = [
        split_service_pb2.CreateSplitRequest,
        split_service_pb2.PlanSplitRequest,
        split_service_pb2.GetSplitManifestRequest,
        split_service_pb2.GetSplitRequest,
        split_service_pb2.ListSplitsRequest,
        split_service_pb2.WatchSplitRequest,
        upload_service_pb2.CreateUploadRequest,
    ]

    assert {field.name for request in requests for field in request.DESCRIPTOR.fields} <= set(JSON_NAMES)


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": ""}, {"X-API-Key": "wrong"}, {"X-API-Key": "sch\xfcssel"}]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/splits"),
        ("GET", "/api/v1/splits"),
        ("GET", "/api/v1/splits/job_1"),
        ("DELETE", "/api/v1/splits/job_1"),
        ("GET", "/api/v1/splits/job_1/manifest"),
        ("POST", "/api/v1/splits/plan"),
        ("POST", "/api/v1/splits/job_1/cancel"),
        ("GET", "/api/v1/splits/job_1/events"),
        ("POST", "/api/v1/uploads"),
    ],
)
async def test_without_a_good_key_nothing_is_answered(
    stranger: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> None:
    good_body = {"sourceUrl": "https://a.example", "splitMode": "duration", "segmentDuration": 1}
    body = {"fileName": "a"} if path.endswith("uploads") else good_body
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]

    answer = await stranger.request(method, path, headers=encoded, json=body if method == "POST" else None)

    assert answer.status_code == 401
    assert answer.json() == {
        "error": {
            "code": "UNAUTHORIZED",
            "message": "An API key is required: send a valid one as 'x-api-key' or 'authorization: Bearer'.",
            "status": 401,
        }
    }


async def test_a_bearer_token_is_a_key_too(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/api/v1/splits", headers={"Authorization": f"Bearer {KEY}"})

    assert answer.status_code == 200


async def test_of_two_keys_the_one_in_its_own_header_counts(stranger: httpx.AsyncClient) -> None:
    async def status_of(own: str, bearer: str) -> int:
        headers = {"X-API-Key": own, "Authorization": f"Bearer {bearer}"}
        return (await stranger.get("/api/v1/splits", headers=headers)).status_code

    assert await status_of(KEY, "wrong") == 200
    assert await status_of("wrong", KEY) == 401


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (RuntimeError("password=hunter2"), 500, "INTERNAL_ERROR"),
        (InternalError(), 500, "INTERNAL_ERROR"),
        (JobFailed(), 500, "INTERNAL_ERROR"),
        (StorageDenied(), 500, "INTERNAL_ERROR"),
        (StorageFull(), 503, "SERVICE_UNAVAILABLE"),
        (Unavailable("The engine"), 503, "SERVICE_UNAVAILABLE"),
    ],
)
async def test_failures_of_the_server_show_nothing_internal(
    http: httpx.AsyncClient, service: MemoryService, raised: Exception, status: int, code: str
) -> None:
    service.fails_with = raised

    answer = await http.get("/api/v1/splits/job_1")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (status, code, status)
    assert "hunter2" not in answer.text
    if status == 500:
        assert error["message"] == InternalError().sentence


async def test_a_server_that_is_away_makes_the_service_unavailable(lonely: GatewayConfig) -> None:
    async with client_of(lonely) as client:
        answer = await client.get("/api/v1/splits")
        ready = await client.get("/readyz")
        alive = await client.get("/healthz")

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert (ready.status_code, ready.json()["checks"]["server"]) == (503, "unreachable")
    assert alive.status_code == 200


async def test_a_server_that_does_not_answer_makes_the_service_unavailable(lonely: GatewayConfig) -> None:
    silent = await asyncio.start_server(_never_answers, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    config = replace(
        lonely, open_channel=partial(open_channel, f"127.0.0.1:{port}", None), call_timeout_s=0.2
    )
    async with silent, client_of(config) as client:
        answer = await client.get("/api/v1/splits")

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")


async def _never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1024):
        pass
    writer.close()


HOSTILE_IDS = [
    "..%2f..%2fetc",
    "a%2Fb",
    "a/b",
    "%00",
    "%ff%fe",
    "j%C3%B6b",
    "%F0%9F%8E%A7",
    "job%0d%0aX-Evil:%201",
    "' OR 1=1",
    "x" * 10_000,
    "%25" * 500,
    "{jobId}",
]


@pytest.mark.parametrize("job_id", HOSTILE_IDS, ids=lambda job_id: job_id[:20])
@pytest.mark.parametrize("suffix", ["", "/events"])
async def test_an_impossible_id_is_not_found(http: httpx.AsyncClient, job_id: str, suffix: str) -> None:
    answer = await http.get(f"/api/v1/splits/{job_id}{suffix}")

    error = answer.json()["error"]
    assert answer.status_code == error["status"] == 404
    assert error["code"] in {"JOB_NOT_FOUND", "NOT_FOUND"}
    assert len(answer.text) < 400
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "NOT_FOUND"),
        ("GET", "/api/v1/splits/", 404, "NOT_FOUND"),
        ("GET", "/api/v1/nothing", 404, "NOT_FOUND"),
        ("GET", "/api/v2/splits", 404, "NOT_FOUND"),
        ("PATCH", "/api/v1/splits/job_1", 405, "METHOD_NOT_ALLOWED"),
        ("PUT", "/api/v1/splits", 405, "METHOD_NOT_ALLOWED"),
        ("BREW", "/api/v1/splits", 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_wrong_addresses_answer_in_the_envelope(
    http: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await http.request(method, path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_headers_without_an_end_are_cut_off(setup: Setup) -> None:
    url = httpx.URL(setup.base_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)

    writer.write(b"GET /healthz HTTP/1.1\r\nX-Long: " + b"x" * 200_000)
    with suppress(ConnectionError):
        assert (await asyncio.wait_for(reader.read(), 5)).startswith((b"HTTP/1.1 400", b""))

    writer.close()


async def test_answers_are_not_cached_and_carry_an_id(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/v1/splits")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.headers["x-request-id"]) == 32
    assert "server" not in answer.headers
