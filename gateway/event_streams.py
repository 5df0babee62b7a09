"""Server-sent events from a watch: resumed by Last-Event-ID, kept alive, ended when there is no more."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Annotated, TypeVar

import grpc
from fastapi import Header

from gateway.backend import Backend
from gateway.streams import ClosingStream
from zerokerf.errors import InvalidParams

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")
#: Ends with `grpc.aio.EOF`.
Watch = grpc.aio.UnaryStreamCall[Asked, Answered]

LastEventId = Annotated[str, Header(alias="Last-Event-ID", description="Skip events up to this.")]

#: How long a client waits before it comes back, in milliseconds.
_HELLO = b"retry: 2000\n\n"
_PING = b": ping\n\n"
_LARGEST_ID_DIGITS = 18


def events_answer(
    backend: Backend, watch: Watch[Asked, Answered], tell: Callable[[Answered], bytes]
) -> ClosingStream:
    return ClosingStream(
        event_stream(watch, tell, backend.config.ping_s, backend.draining),
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        },
    )


async def event_stream(
    watch: Watch[Asked, Answered], tell: Callable[[Answered], bytes], ping_s: float, draining: asyncio.Event
) -> AsyncGenerator[bytes, None]:
    """Ends after the final event, at a stop and when the server is lost: the client comes back by itself."""
    stopping = asyncio.create_task(draining.wait())
    reading = asyncio.create_task(_read(watch, tell))
    try:
        yield _HELLO
        while True:
            done, _ = await asyncio.wait(
                {reading, stopping}, timeout=ping_s, return_when=asyncio.FIRST_COMPLETED
            )
            if stopping in done:
                return
            if reading not in done:
                yield _PING
                continue
            told = reading.result()
            if told is None:
                return
            yield told
            reading = asyncio.create_task(_read(watch, tell))
    finally:
        watch.cancel()
        stopping.cancel()
        reading.cancel()
        await asyncio.gather(stopping, reading, return_exceptions=True)


def event_bytes(sequence: int, name: str, data: Mapping[str, object]) -> bytes:
    told = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"id: {sequence}\nevent: {name}\ndata: {told}\n\n".encode()


def sequence_of(last_event_id: str) -> int:
    if not last_event_id:
        return 0
    if not (last_event_id.isascii() and last_event_id.isdigit()) or len(last_event_id) > _LARGEST_ID_DIGITS:
        raise InvalidParams({"Last-Event-ID": "Must be the id of an event of this job."})
    return int(last_event_id)


async def _read(watch: Watch[Asked, Answered], tell: Callable[[Answered], bytes]) -> bytes | None:
    try:
        response = await watch.read()
    except grpc.aio.AioRpcError:  # the server logged why; the status line is already sent
        return None
    # The stubs give the end of a stream a type that cannot be told from a message's.
    return None if response is grpc.aio.EOF else tell(response)  # type: ignore[arg-type]
