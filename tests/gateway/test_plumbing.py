"""Health, documentation, logs, starting and stopping."""

import asyncio
import re
import signal
import socket
from datetime import timedelta
from typing import Any

import httpx
import pytest
import structlog
from grpc_health.v1.health_pb2 import HealthCheckResponse

from gateway.serve import serve_gateway
from storage.signed_links import LocalSigner
from tests.gateway import jobs
from tests.gateway.admission import KEY
from tests.gateway.conftest import SIGNING_KEY, Setup
from tests.gateway.memory_service import MemoryService
from zerokerf.v1.split_pb2 import Split

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENDPOINTS = frozenset(
    {
        "POST /api/v1/splits",
        "GET /api/v1/splits",
        "POST /api/v1/splits/plan",
        "GET /api/v1/splits/{jobId}",
        "GET /api/v1/splits/{jobId}/manifest",
        "DELETE /api/v1/splits/{jobId}",
        "POST /api/v1/splits/{jobId}/cancel",
        "GET /api/v1/splits/{jobId}/events",
        "POST /api/v1/uploads",
        "POST /api/v1/api-keys",
        "GET /api/v1/api-keys",
        "GET /api/v1/api-keys/{keyId}",
        "PATCH /api/v1/api-keys/{keyId}",
        "DELETE /api/v1/api-keys/{keyId}",
        "POST /api/v1/api-keys/{keyId}/rotate",
        "GET /api/v1/billing",
        "GET /api/v1/billing/usage",
        "GET /api/v1/billing/invoices",
        "POST /api/v1/billing/subscribe",
        "POST /api/v1/billing/cancel",
        "POST /api/v1/billing/change-plan",
        "POST /api/v1/account/export",
        "GET /api/v1/account/exports/{exportId}",
        "DELETE /api/v1/account",
        "GET /api/v1/webhooks/deliveries",
        "GET /api/v1/webhooks/deliveries/{deliveryId}",
        "POST /api/v1/webhooks/deliveries/{deliveryId}/redeliver",
        "GET /api/v1/webhooks/endpoints",
        "POST /api/v1/webhooks/endpoints/enable",
        "GET /api/v1/webhooks/secret",
        "POST /api/v1/webhooks/secret/rotate",
        "POST /v1/batch/jobs",
        "GET /v1/batch/jobs",
        "GET /v1/batch/jobs/{jobId}",
        "DELETE /v1/batch/jobs/{jobId}",
        "GET /v1/batch/jobs/{jobId}/files",
        "POST /v1/batch/jobs/{jobId}/cancel",
        "GET /v1/batch/jobs/{jobId}/events",
        "GET /v1/batch/models",
        "GET /healthz",
        "GET /readyz",
    }
)


async def test_all_parts_serving_is_ready(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "checks": {"server": "serving", "database": "serving", "engine": "serving", "storage": "serving"},
    }


async def test_one_part_not_serving_is_not_ready(stranger: httpx.AsyncClient, setup: Setup) -> None:
    await setup.health.set("zerokerf.engine", HealthCheckResponse.NOT_SERVING)

    answer = await stranger.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert answer.json()["checks"]["engine"] == "not_serving"
    assert (await stranger.get("/healthz")).json() == {"status": "ok"}


async def test_the_description_lists_every_endpoint(stranger: httpx.AsyncClient) -> None:
    assert set(_operations(await _described(stranger))) == ENDPOINTS


async def test_the_description_lists_the_errors_of_every_endpoint(stranger: httpx.AsyncClient) -> None:
    operations = _operations(await _described(stranger))

    for name, operation in operations.items():
        assert ("422" in operation["responses"]) == (name == "POST /api/v1/splits/plan"), name
        if "/api/" in name:
            assert {"401", "500", "503"} <= set(operation["responses"]), name
        if "/v1/batch/" in name:
            assert {"403", "500", "503"} <= set(operation["responses"]), name
    assert {"400", "404", "409", "413"} <= set(operations["POST /api/v1/splits"]["responses"])


async def test_the_description_refers_to_its_own_schemas_alone(stranger: httpx.AsyncClient) -> None:
    document = await _described(stranger)

    assert document["servers"] == [{"url": "https://files.example.com"}]
    assert not re.search(r"#/(?!components/schemas/)", str(document))
    refs = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert refs <= set(document["components"]["schemas"])


async def test_schemas_are_named_for_clients(stranger: httpx.AsyncClient) -> None:
    """Two of one name would show where their code lies."""
    document = await _described(stranger)

    assert [name for name in document["components"]["schemas"] if "__" in name] == []


async def _described(stranger: httpx.AsyncClient) -> dict[str, Any]:
    document: dict[str, Any] = (await stranger.get("/openapi.json")).json()
    return document


def _operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{verb.upper()} {path}": operation
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    }


async def test_the_examples_of_requests_are_accepted(
    stranger: httpx.AsyncClient, http: httpx.AsyncClient
) -> None:
    paths = (await stranger.get("/openapi.json")).json()["paths"]

    for path in ("/api/v1/splits", "/api/v1/splits/plan", "/api/v1/uploads"):
        examples = paths[path]["post"]["requestBody"]["content"]["application/json"]["examples"]
        for example in examples.values():
            created = 200 if path.endswith("plan") else 201
            assert (await http.post(path, json=example["value"])).status_code == created


async def test_the_documentation_needs_no_other_host(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/docs")

    assert answer.headers["content-type"].startswith("text/html")
    assert not re.search(r"(https?:)?//\w", answer.text.replace("// Text only", ""))
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_request_is_one_line_without_secrets(http: httpx.AsyncClient, service: MemoryService) -> None:
    service.add(jobs.split(Split.STATE_QUEUED))

    with structlog.testing.capture_logs() as lines:
        await http.get("/api/v1/splits/job_abc123?token=hidden1")
        await http.get("/files/t/a/hidden2?s=hidden3")

    assert [(line["action"], line["job_id"], line["status"]) for line in lines] == [
        ("GET /api/v1/splits/{jobId}", "job_abc123", 200),
        ("GET /files/{key:path}", None, 403),
    ]
    assert not re.search(f"hidden|{KEY}", str(lines))


async def test_signals_stay_with_the_process(setup: Setup) -> None:
    before = signal.getsignal(signal.SIGTERM)

    async with serve_gateway(setup.config, "127.0.0.1", 0):
        assert signal.getsignal(signal.SIGTERM) is before


async def test_a_taken_address_is_an_os_error(setup: Setup) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        async with serve_gateway(setup.config, "127.0.0.1", taken.getsockname()[1]):
            pass


async def test_a_running_answer_may_end_before_the_gateway_does(setup: Setup, service: MemoryService) -> None:
    key = "t/a/j/job_2/out/big.wav"
    content = bytes(8 << 20)
    await setup.store.put(key, content, content_type="audio/wav")
    link = await LocalSigner("", SIGNING_KEY).sign_get(key, timedelta(hours=1), filename="big.wav")
    async with httpx.AsyncClient() as client:
        async with serve_gateway(setup.config, "127.0.0.1", 0) as (host, port):
            request = client.build_request("GET", f"http://{host}:{port}{link.url}")
            answer = await client.send(request, stream=True)
            reading = asyncio.create_task(answer.aread())
        assert await reading == content
