"""How long the gateway waits for clients that send or take nothing, and which of them make room."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_REFUSED = b"The request states its length in two ways."


def patient(idle_timeout_s: float) -> type[asyncio.Protocol]:
    """What speaks HTTP on each connection, within these limits."""
    return cast(type[asyncio.Protocol], partial(PatientProtocol, idle_timeout_s))


class PatientProtocol(H11Protocol):
    """The whole head of a request has to be there in time, and a piece of the answer has to be taken in time.

    At the limit of connections, the one that has waited longest without asking for anything is closed, so
    that connections which only wait keep nobody out.
    """

    def __init__(self, idle_timeout_s: float, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **kwargs)
        self._idle_timeout_s = idle_timeout_s
        self._head: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        self.waiting_since_s = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        self._make_room()
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.waiting_since_s = self.loop.time()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking = self._taking or self._later(self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        _cancel(self._taking)
        self._taking = None

    def connection_lost(self, exc: Exception | None) -> None:
        _cancel(self._head)
        self._head = None
        _cancel(self._taking)
        self._taking = None
        super().connection_lost(exc)

    @property
    def is_waiting(self) -> bool:
        """For a request, or for the rest of the head of one."""
        return self.conn.their_state is h11.IDLE

    def _watch_head(self) -> None:
        """The time counts from the first byte, not anew with each of them."""
        if not self.is_waiting or self.transport.is_closing():
            _cancel(self._head)
            self._head = None
        else:
            self._head = self._head or self._later(self.transport.close)

    def _later(self, act: Callable[[], None]) -> asyncio.TimerHandle:
        return self.loop.call_later(self._idle_timeout_s, act)

    def _make_room(self) -> None:
        if self.limit_concurrency is None or len(self.connections) + 1 < self.limit_concurrency:
            return
        waiting = [each for each in self.connections if isinstance(each, PatientProtocol) and each.is_waiting]
        if waiting:
            oldest = min(waiting, key=lambda each: each.waiting_since_s)
            self.connections.discard(oldest)
            oldest.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


def unambiguous(app: ASGIApp) -> ASGIApp:
    """Refuses requests that state their length in two ways: a proxy in front may have read the other."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        names = [name for name, _ in scope.get("headers", ())]
        if b"content-length" in names and b"transfer-encoding" in names:
            head = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 400, "headers": head})
            await send({"type": "http.response.body", "body": _REFUSED})
        else:
            await app(scope, receive, send)

    return serve
