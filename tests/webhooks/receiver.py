"""A receiver of webhooks on loopback that answers as a test tells it to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from server.fetch.post import Post
from server.fetch.tls import PublicTls
from tests.fetch.site import LOOPBACK


@dataclass(frozen=True, slots=True)
class Received:
    target: str
    headers: dict[str, str]
    body: bytes


Script = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Receiver:
    port: int = 0
    received: list[Received] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?x=1"

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.received) < count:
                self.arrived.clear()
                await self.arrived.wait()


def answers(*statuses: int, body: bytes = b"thanks") -> Script:
    """The first request gets the first status, and so on; the last one stays."""
    turn = iter(range(1_000_000))

    async def script(_: Received, writer: asyncio.StreamWriter) -> None:
        status = statuses[min(next(turn), len(statuses) - 1)]
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    return script


def says(*parts: bytes) -> Script:
    async def script(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.writelines(parts)

    return script


@asynccontextmanager
async def receiving(script: Script) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    running: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                got = await _read(reader)
                receiver.received.append(got)
                receiver.arrived.set()
                await script(got, writer)
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(answer(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in (unfinished := list(running)):
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)


def loopback_post(limit_s: float = 5.0, body_limit_s: float = 1.0) -> Post:
    return Post(LOOPBACK, PublicTls(), limit_s, body_limit_s)


async def _read(reader: asyncio.StreamReader) -> Received:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return Received(first.split(" ")[1], headers, body)
