"""Forms that are too large, too slow or let alone: refused early, in flat memory."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psutil
import pytest

from gateway.config import GatewayConfig
from gateway.serve import serve_gateway
from tests.gateway.admission import KEY
from tests.gateway.batch.form_submissions import GOOD, PLAIN, refused
from tests.gateway.batch.forms import TYPE, around, file_part, flood, form, part, pieces
from tests.gateway.batch.jobs import JOBS
from tests.gateway.batch.memory_service import MemoryBatchService
from zerokerf.errors import FileTooLarge, StorageFull

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT = 3 << 20


@pytest.mark.parametrize("declares", [True, False])
async def test_a_file_at_the_limit_passes_and_one_byte_more_does_not(
    client: httpx.AsyncClient, batch: MemoryBatchService, declares: bool
) -> None:
    async def status_of(size: int) -> httpx.Response:
        body = form(PLAIN, file_part(bytes(size)))
        return await client.post(JOBS, content=body if declares else pieces(body, 65536), headers=TYPE)

    fits, does_not = await status_of(LIMIT), await status_of(LIMIT + 1)

    assert (fits.status_code, batch.uploads["upl_0"].size) == (202, LIMIT)
    assert (does_not.status_code, does_not.json()) == (
        413,
        {"error": f"File too large. Maximum size is {LIMIT} bytes."},
    )
    assert len(batch.jobs) == 1


async def test_a_declared_length_over_the_limit_is_refused_at_once(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    url = httpx.URL(client.base_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)

    writer.write(_head(LIMIT * 2, "Expect: 100-continue"))
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)

    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert not batch.uploads


async def test_large_parts_beside_the_file_are_refused(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    body = form(part("note", bytes(300_000)), part("other", bytes(300_000)), PLAIN, file_part(b"x"))

    assert (await refused(client, body, 413)).startswith("The request body is larger than")
    assert not batch.jobs


async def test_a_client_that_falls_silent_is_answered(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    url = httpx.URL(client.base_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(_head(len(GOOD)) + GOOD[:-40])
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'{"error":"Nothing arrived for 1 s"}' in answer
    assert not batch.jobs


async def test_a_client_that_leaves_stops_its_upload(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    url = httpx.URL(client.base_url)
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(_head(LIMIT) + GOOD[:5000] + bytes(1 << 20))
    await writer.drain()
    await batch.arriving("upl_0")
    writer.transport.abort()

    await batch.left("upl_0")
    assert not batch.jobs
    assert not batch.uploads["upl_0"].complete


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (FileTooLarge(1 << 30), 413, "File too large. Maximum size is 1 GB."),
        (StorageFull(), 503, "Service unavailable"),
    ],
)
async def test_a_server_that_stops_taking_bytes_says_why(
    client: httpx.AsyncClient,
    batch: MemoryBatchService,
    error: Any,  # noqa: ANN401 - errors of two classes
    status: int,
    sentence: str,
) -> None:
    batch.write_fails = (1 << 20, error)

    assert await refused(client, form(PLAIN, file_part(bytes(LIMIT - 1000))), status) == sentence


async def test_without_a_good_key_no_body_is_asked_for(client: httpx.AsyncClient) -> None:
    url = httpx.URL(client.base_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)

    writer.write(_head(len(GOOD), "Expect: 100-continue").replace(KEY.encode(), b"wrong"))
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert answer.endswith(b'{"error":"API key id not found"}')


@pytest.mark.slow
async def test_a_gibibyte_passes_in_flat_memory_and_one_byte_more_does_not(
    batch_config: GatewayConfig, client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    config = GatewayConfig(batch_config.open_channel, batch_config.public_url)
    head, tail = around([PLAIN])
    process, chunk = psutil.Process(), os.urandom(1 << 20)
    before = process.memory_info().rss
    peak = 0

    async def watched(size: int) -> AsyncIterator[bytes]:
        nonlocal peak
        async for piece in flood(head, size, tail, chunk):
            peak = max(peak, process.memory_info().rss)
            yield piece

    async with serve_gateway(config, "127.0.0.1", 0) as (host, port):
        url = f"http://{host}:{port}{JOBS}"
        fits = await client.post(url, content=watched(1 << 30), headers=TYPE, timeout=120)
        does_not = await client.post(url, content=watched((1 << 30) + 1), headers=TYPE, timeout=120)

    assert (fits.status_code, batch.uploads["upl_0"].size) == (202, 1 << 30)
    assert (does_not.status_code, does_not.json()) == (
        413,
        {"error": "File too large. Maximum size is 1 GB."},
    )
    assert (len(batch.jobs), batch.uploads["upl_1"].complete) == (1, False)
    assert peak - before < 64 << 20


def _head(length: int, *more: str) -> bytes:
    lines = [
        f"POST {JOBS} HTTP/1.1",
        "Host: a",
        f"Authorization: Bearer {KEY}",
        f"Content-Type: {TYPE['Content-Type']}",
        f"Content-Length: {length}",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()
