"""Submitting a recording inside of the JSON, in base64."""

import base64
import hashlib

import httpx
import pytest

from tests.gateway.batch.bodies import INLINE, refused
from tests.gateway.batch.jobs import JOBS
from tests.gateway.batch.memory_service import MemoryBatchService
from zerokerf.v1.batch_pb2 import BatchSource

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_inline_base64_is_uploaded(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    content = bytes(range(256)) * 3000
    encoded = base64.b64encode(content).decode()

    answer = await client.post(JOBS, json=INLINE | {"input_base64": encoded, "input_filename": "a.webm"})

    upload = batch.uploads["upl_0"]
    assert answer.status_code == 202
    assert upload.request.file_name == "a.webm"
    assert (upload.size, upload.complete) == (len(content), True)
    assert upload.digest.digest() == hashlib.sha256(content).digest()
    assert batch.requests[-1].source == BatchSource(upload_id="upl_0")


@pytest.mark.parametrize("size", [1 << 20, (1 << 20) + 1])
async def test_inline_base64_has_a_limit(
    client: httpx.AsyncClient, batch: MemoryBatchService, size: int
) -> None:
    answer = await client.post(JOBS, json=INLINE | {"input_base64": base64.b64encode(bytes(size)).decode()})

    if size <= 1 << 20:
        assert (answer.status_code, batch.uploads["upl_0"].size) == (202, size)
    else:
        assert (answer.status_code, answer.json()) == (
            413,
            {"error": "File too large. Maximum size is 1048576 bytes."},
        )


async def test_a_json_body_beyond_all_limits_is_refused(client: httpx.AsyncClient) -> None:
    sentence = await refused(client, INLINE | {"input_base64": "A" * 4_000_000}, 413)

    assert sentence.startswith("The request body is larger than ")


async def test_large_bodies_leave_their_places(client: httpx.AsyncClient) -> None:
    body = INLINE | {"input_base64": "!" * 500_000}

    assert {await refused(client, body) for _ in range(4)} == {"input_base64 is not valid base64"}


@pytest.mark.parametrize("encoded", ["", "AAA", "A===", "AA==\n", "_-8=", "ä", "data:audio/wav;base64,AAAA"])
async def test_only_standard_base64_is_accepted(client: httpx.AsyncClient, encoded: str) -> None:
    sentence = await refused(client, INLINE | {"input_base64": encoded})

    assert sentence == ("input_base64 is not valid base64" if encoded else "file is empty")
