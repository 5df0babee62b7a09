"""Making room for files that are not reachable by URL."""

from typing import Any

import httpx
import pytest

from tests.gateway.memory_service import MemoryService
from zerokerf.errors import FileTooLarge

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_upload_answers_where_to_put_the_file(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    body = {"fileName": "talk.wav", "contentType": "audio/wav", "size": 1000}

    answer = await http.post("/api/v1/uploads", json=body, headers={"Idempotency-Key": "k"})

    assert answer.status_code == 201
    assert answer.json() == {
        "id": "upl_7k2m",
        "url": "https://files.example.com/files/t/a/u/upl_7k2m/data.bin?s=1",
        "method": "PUT",
        "headers": {"Content-Type": "audio/wav"},
        "expiresAt": "2026-03-29T10:00:00Z",
    }
    request = service.requests[0]
    assert (request.file_name, request.content_type, request.size, request.request_id) == (
        "talk.wav",
        "audio/wav",
        1000,
        "k",
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "fileName"),
        ({"fileName": 1}, "fileName"),
        ({"fileName": "a", "size": "1"}, "size"),
        ({"fileName": "a", "size": 2**70}, "size"),
        ({"fileName": "a", "file": "x"}, "file"),
    ],
)
async def test_a_bad_upload_names_its_field(
    http: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await http.post("/api/v1/uploads", json=body)

    assert answer.status_code == 400
    assert list(answer.json()["error"]["details"]) == [field]


async def test_a_declared_size_over_the_limit_is_too_large(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    service.fails_with = FileTooLarge(1000, 1001)

    answer = await http.post("/api/v1/uploads", json={"fileName": "a.wav", "size": 1001})

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "FILE_TOO_LARGE")
