"""What is no honest HTTP is refused or closed in time, never read in two ways, and others are served on."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import httpx
import pytest

from gateway.config import GatewayConfig
from gateway.serve import serve_gateway
from tests.gateway.admission import KEY
from tests.gateway.conftest import Setup
from tests.gateway.memory_service import MemoryService

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT_S = 10.0
CHUNKED = "Transfer-Encoding: chunked\r\n"
ASK = (
    "POST /api/v1/splits HTTP/1.1\r\nHost: x\r\nX-API-Key: " + KEY + "\r\nContent-Type: application/json\r\n"
)
SMUGGLED = "DELETE /api/v1/splits/job_other HTTP/1.1\r\nHost: x\r\nX-API-Key: " + KEY + "\r\n\r\n"


def address(url: str) -> tuple[str, int]:
    parsed = httpx.URL(url)
    return parsed.host, parsed.port or 80


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(*address(url))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def answers(url: str, sent: bytes) -> list[int]:
    """The statuses of all that is answered until the gateway closes the connection."""
    async with connected(url) as (reader, writer), asyncio.timeout(LIMIT_S):
        writer.write(sent)
        try:
            said = await reader.read(-1)
        except ConnectionResetError:
            return []
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", said)]


async def is_serving(url: str) -> bool:
    async with httpx.AsyncClient(base_url=url, timeout=5) as client:
        return (await client.get("/healthz")).status_code == 200


AMBIGUOUS = {
    "a length and chunks": f"{ASK}Content-Length: 5\r\n{CHUNKED}\r\n0\r\n\r\n{SMUGGLED}",
    "chunks and a length": f"{ASK}{CHUNKED}Content-Length: 5\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "two lengths": f"{ASK}Content-Length: 0\r\nContent-Length: 99\r\n\r\n{SMUGGLED}",
    "two lengths in one line": f"{ASK}Content-Length: 0, 99\r\n\r\n{SMUGGLED}",
    "a length below zero": f"{ASK}Content-Length: -1\r\n\r\n{SMUGGLED}",
    "a length with a sign": f"{ASK}Content-Length: +0\r\n\r\n{SMUGGLED}",
    "a length in hexadecimal": f"{ASK}Content-Length: 0x0\r\n\r\n{SMUGGLED}",
    "a length with a space before the colon": f"{ASK}Content-Length : 0\r\n\r\n{SMUGGLED}",
    "a length without end": f"{ASK}Content-Length: {'9' * 5000}\r\n\r\n{SMUGGLED}",
    "chunks twice": f"{ASK}{CHUNKED}{CHUNKED}\r\n0\r\n\r\n{SMUGGLED}",
    "chunks of another coding": f"{ASK}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "chunks with a tab": f"{ASK}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "chunks of zip": f"{ASK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "a chunk of a size below zero": f"{ASK}{CHUNKED}\r\n-1\r\n\r\n{SMUGGLED}",
    "a chunk of a size with a prefix": f"{ASK}{CHUNKED}\r\n0x2\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}",
    "a chunk of a size of two words": f"{ASK}{CHUNKED}\r\n2 2\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}",
    "a chunk of no size": f"{ASK}{CHUNKED}\r\n\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}",
    "a chunk of a size of fifty digits": f"{ASK}{CHUNKED}\r\n{'f' * 50}\r\n{SMUGGLED}",
    "a chunk that ends elsewhere": f"{ASK}{CHUNKED}\r\n2\r\n{{}}xx\r\n0\r\n\r\n{SMUGGLED}",
    "a nul in a header": f"{ASK}X-Odd: a\0b\r\n\r\n{SMUGGLED}",
    "a bare carriage return in a header": f"{ASK}X-Odd: a\rContent-Length: 0\r\n\r\n{SMUGGLED}",
    "a header without a colon": f"{ASK}Odd\r\n\r\n{SMUGGLED}",
    "a header without a name": f"{ASK}: odd\r\n\r\n{SMUGGLED}",
    "a header that begins with a fold": "GET /healthz HTTP/1.1\r\n X: y\r\nHost: x\r\n\r\n" + SMUGGLED,
    "no host": "GET /healthz HTTP/1.1\r\n\r\n" + SMUGGLED,
    "two hosts": "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + SMUGGLED,
    "a target with a space": "GET /health z HTTP/1.1\r\nHost: x\r\n\r\n" + SMUGGLED,
    "another protocol": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SMUGGLED,
    "a client of TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + SMUGGLED,
}


@pytest.mark.parametrize("name", AMBIGUOUS)
async def test_what_can_be_read_in_two_ways_is_refused_and_the_connection_closed(
    name: str, setup: Setup, service: MemoryService
) -> None:
    found = await answers(setup.base_url, AMBIGUOUS[name].encode("latin-1"))

    assert all(400 <= status < 500 for status in found)
    assert service.requests == []
    assert await is_serving(setup.base_url)


async def test_a_folded_header_is_one_header(setup: Setup, service: MemoryService) -> None:
    folded = f"{ASK}Transfer-Encoding:\r\n chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"

    found = await answers(setup.base_url, (folded + "GET / HTTP/1.1\r\n\r\n").encode())

    assert found == [400, 400]  # an object without fields, read by its chunks; then a request without a host
    assert service.requests == []


@pytest.mark.parametrize(
    "head",
    [
        "GET /" + "a" * 200_000 + " HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + "a" * 200_000 + "\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\n" + "A: b\r\n" * 40_000 + "\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Endless: " + "a" * 500_000,
    ],
    ids=["target", "header", "headers", "endless"],
)
async def test_too_large_a_head_is_refused(head: str, setup: Setup) -> None:
    assert await answers(setup.base_url, head.encode()) in ([400], [431], [])
    assert await is_serving(setup.base_url)


@pytest.mark.parametrize(
    "path", ["/%00", "/%ff%fe", "/files/%2e%2e/%2e%2e/etc/passwd", "/files/a?k=%ed%b2%80&s=%ff"]
)
async def test_an_odd_path_is_not_found(path: str, setup: Setup, http: httpx.AsyncClient) -> None:
    found = await answers(
        setup.base_url, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )

    assert len(found) == 1
    assert 400 <= found[0] < 500


async def seconds_until_closed(url: str, begin: bytes, drip: bytes = b"") -> float:
    started = time.monotonic()
    async with connected(url) as (reader, writer), asyncio.timeout(LIMIT_S):
        writer.write(begin)
        dripping = asyncio.create_task(drips(writer, drip))
        try:
            await reader.read(-1)
        except ConnectionResetError:
            pass
        finally:
            dripping.cancel()
    return time.monotonic() - started


async def drips(writer: asyncio.StreamWriter, drip: bytes) -> None:
    while drip:
        writer.write(drip)
        await asyncio.sleep(0.05)  # what is tested is a client that is slow


async def test_a_connection_that_asks_for_nothing_is_closed(setup: Setup) -> None:
    assert await seconds_until_closed(setup.base_url, b"") < 3


@pytest.mark.parametrize("drip", [b"", b"a", b"A: b\r\n"], ids=["nothing", "letters", "headers"])
async def test_a_head_that_never_ends_is_given_up(drip: bytes, setup: Setup) -> None:
    assert await seconds_until_closed(setup.base_url, b"GET /healthz HTTP/1.1\r\nHost: x\r\n", drip) < 3


async def test_a_second_head_that_never_ends_is_given_up(setup: Setup) -> None:
    first = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

    assert await seconds_until_closed(setup.base_url, first + b"GET /heal", b"t") < 4


@pytest.mark.parametrize("framing", ["Content-Length: 100000", "Transfer-Encoding: chunked"])
async def test_a_body_that_never_comes_is_given_up(framing: str, setup: Setup) -> None:
    assert await seconds_until_closed(setup.base_url, f"{ASK}{framing}\r\n\r\n".encode()) < 8


async def test_an_answer_that_nobody_takes_is_given_up(setup: Setup, service: MemoryService) -> None:
    ask = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 300  # far more than sockets hold
    _, writer = await asyncio.open_connection(*address(setup.base_url), limit=1)
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport, as every one here
    writer.write(ask)

    async with asyncio.timeout(LIMIT_S):
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.05)  # a closed socket shows when it is written to

    assert await is_serving(setup.base_url)
    writer.transport.abort()


async def test_connections_that_only_wait_keep_nobody_out(setup: Setup) -> None:
    few: GatewayConfig = replace(setup.config, max_connections=20, idle_timeout_s=60)
    async with serve_gateway(few, "127.0.0.1", 0) as (host, port):
        url = f"http://{host}:{port}"
        waiting = [await asyncio.open_connection(host, port) for _ in range(100)]
        for _, writer in waiting[50:]:
            writer.write(b"GET /healthz HT")

        assert [await is_serving(url) for _ in range(5)] == [True] * 5

        for _, writer in waiting:
            writer.transport.abort()
        assert await is_serving(url)


async def test_two_thousand_idle_connections_are_closed_and_others_served(setup: Setup) -> None:
    async with asyncio.TaskGroup() as group:
        opening = [group.create_task(asyncio.open_connection(*address(setup.base_url))) for _ in range(2000)]
    waiting = [task.result() for task in opening]

    assert await is_serving(setup.base_url)
    async with asyncio.timeout(LIMIT_S):
        for reader, writer in waiting:
            with suppress(ConnectionResetError):
                assert await reader.read(-1) == b""
            writer.transport.abort()
