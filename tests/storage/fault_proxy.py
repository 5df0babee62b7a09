"""An HTTP proxy before the S3 server that does what networks and servers do on a bad day."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import Enum, auto

_SLOW_S = 0.5


class Fault(Enum):
    NONE = auto()
    #: Answer 503 without asking the server.
    BUSY = auto()
    #: Answer 500 without asking the server.
    BROKEN = auto()
    #: Answer 403 without asking the server.
    REFUSE = auto()
    #: Answer 403 because of the time, without asking the server.
    SKEWED = auto()
    #: Answer 403 without a reason, but with the time of long ago.
    LONG_AGO = auto()
    #: Answer 403 without a reason or a time, as an answer that breaks off does.
    TIMELESS = auto()
    #: Answer 501 without asking the server.
    UNKNOWN = auto()
    #: Say that there is no such upload, without asking the server.
    GONE = auto()
    #: Let the server do it, then hang up without an answer.
    LOSE_REPLY = auto()
    #: Hang up in the middle of the answer.
    CUT_REPLY = auto()
    #: Stop in the middle of the answer and wait for the client to go.
    STALL_REPLY = auto()
    #: Take a moment before the answer.
    SLOW = auto()
    #: Change one byte of the request's body.
    CORRUPT = auto()


@dataclass(frozen=True, slots=True)
class _Answer:
    """Without a code it has no body."""

    status: str
    code: str = ""
    #: None: the time of the answer.
    date: str | None = None

    def bytes_now(self) -> bytes:
        body = f"<Error><Code>{self.code}</Code></Error>" if self.code else ""
        date = formatdate(usegmt=True) if self.date is None else self.date
        headers = [f"Date: {date}"] if date else []
        headers += ["Content-Type: application/xml", f"Content-Length: {len(body)}", "Connection: close"]
        return "\r\n".join((f"HTTP/1.1 {self.status}", *headers, "", body)).encode()


_ANSWERS = {
    Fault.BUSY: _Answer("503 Busy", "SlowDown"),
    Fault.BROKEN: _Answer("500 Broken", "InternalError"),
    Fault.REFUSE: _Answer("403 Forbidden", "AccessDenied"),
    Fault.SKEWED: _Answer("403 Forbidden", "RequestTimeTooSkewed"),
    Fault.LONG_AGO: _Answer("403 Forbidden", date="Thu, 01 Jan 2026 10:00:00 GMT"),
    Fault.TIMELESS: _Answer("403 Forbidden", date=""),
    Fault.UNKNOWN: _Answer("501 Not Implemented", "NotImplemented"),
    Fault.GONE: _Answer("404 Not Found", "NoSuchUpload"),
}


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str


Rule = Callable[[Request], Fault]


@dataclass
class FaultProxy:
    """`rule` decides about each request; set it at any time."""

    endpoint: str = ""
    rule: Rule = lambda _: Fault.NONE
    seen: list[Request] = field(default_factory=list)


def first(fault: Fault, method: str, part_of_target: str, then: Fault = Fault.NONE) -> Rule:
    """The first matching request meets the fault, the second one may meet another."""
    waiting = [then, fault]

    def rule(request: Request) -> Fault:
        matches = request.method == method and part_of_target in request.target
        return waiting.pop() if matches and waiting else Fault.NONE

    return rule


def every(fault: Fault, method: str, part_of_target: str) -> Rule:
    def rule(request: Request) -> Fault:
        return fault if request.method == method and part_of_target in request.target else Fault.NONE

    return rule


@asynccontextmanager
async def fault_proxy(upstream: str) -> AsyncIterator[FaultProxy]:
    proxy = FaultProxy()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await _answer(proxy, upstream, reader, writer)
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    running: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(handle(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=1 << 20)
    proxy.endpoint = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        for task in (unfinished := list(running)):
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)


async def _answer(
    proxy: FaultProxy, upstream: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    body = bytearray(await reader.readexactly(_length_of(head)))
    method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
    request = Request(method, target)
    proxy.seen.append(request)
    fault = proxy.rule(request)
    if fault in _ANSWERS:
        writer.write(_ANSWERS[fault].bytes_now())
        await writer.drain()
        return
    if fault is Fault.CORRUPT:
        body[len(body) // 2] ^= 1
    reply = await _asked(upstream, head, bytes(body))
    if fault is Fault.SLOW:
        await asyncio.sleep(_SLOW_S)
    if fault is Fault.LOSE_REPLY:
        return
    if fault in {Fault.CUT_REPLY, Fault.STALL_REPLY}:
        reply = reply[: len(reply) // 2]
    writer.write(reply)
    await writer.drain()
    if fault is Fault.STALL_REPLY:
        await reader.read()


async def _asked(upstream: str, head: bytes, body: bytes) -> bytes:
    host, port = upstream.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(head[:-2] + b"Connection: close\r\n\r\n" + body)
        await writer.drain()
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


def _length_of(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
