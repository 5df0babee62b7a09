"""A web server on loopback that does exactly what a test tells it to, byte by byte."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path

from server.fetch.download import Downloaded, download
from server.fetch.guard import AddressPolicy
from server.fetch.limits import FetchLimits

LOOPBACK = AddressPolicy((IPv4Network("127.0.0.0/8"),))
LIMITS = FetchLimits(
    max_bytes=8 << 20, total_s=10, connect_s=2, idle_s=5, max_redirects=3, tries=3, first_retry_s=0.01
)


@dataclass(frozen=True, slots=True)
class Request:
    target: str
    headers: dict[str, str]


@dataclass(slots=True)
class Site:
    """Where it listens and what it was asked."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)

    def url(self, path: str = "/a.wav", *, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


Script = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(script: Script, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    """Each connection: one request is read, the script answers, the connection is closed."""
    site = Site()
    running: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                request = _parsed(await reader.readuntil(b"\r\n\r\n"))
                site.requests.append(request)
                await script(request, writer)
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(answer(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        for task in (unfinished := list(running)):
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)


async def fetch(
    url: str, dest: Path, *, policy: AddressPolicy = LOOPBACK, limits: FetchLimits = LIMITS
) -> Downloaded:
    return await download(url, dest, policy=policy, limits=limits, on_progress=lambda *_: None)


def head(status: int = 200, /, **headers: str | int) -> bytes:
    """Underscores in names stand for hyphens."""
    lines = [f"HTTP/1.1 {status} X"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def always(*parts: bytes) -> Script:
    async def script(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.writelines(parts)

    return script


def content(body: bytes, /, **headers: str | int) -> Script:
    return always(head(Content_Length=len(body), **headers), body)


def in_turn(*scripts: Script) -> Script:
    """The first connection gets the first script, and so on; the last one stays."""
    turn = iter(range(1_000_000))

    async def script(request: Request, writer: asyncio.StreamWriter) -> None:
        await scripts[min(next(turn), len(scripts) - 1)](request, writer)

    return script


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


def _parsed(raw: bytes) -> Request:
    first, *lines = raw.decode("latin-1").strip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Request(first.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs})
