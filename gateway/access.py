"""What happens round every request: one log line, headers for all answers, and the last word on bugs."""

import asyncio
import time
import uuid
from contextlib import suppress

import structlog
from opentelemetry.trace import Span, Tracer
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.dialects import dialect_of
from gateway.observe import RequestMetrics, name_span, traced
from gateway.rate_headers import note_calls, rate_headers
from gateway.strict_json import has_body
from zerokerf.errors import InternalError

log = structlog.get_logger()

#: How much of a refused body is read and dropped, because a client that still sends may miss the answer.
_DROPPED_BYTES = 4 << 20
_DROPPING_S = 1.0
#: What proxies call a client that left before its answer.
_CLIENT_GONE = 499


class Access:
    """ASGI middleware. Logs routes, never paths or queries: those of signed links are secrets."""

    def __init__(
        self, app: ASGIApp, observer: RequestMetrics | None = None, tracer: Tracer | None = None
    ) -> None:
        self._app = app
        self._observer = observer
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with traced(self._tracer, Headers(scope=scope)) as span:
            await self._serve(Exchange(scope, receive, send), scope, span)

    async def _serve(self, exchange: "Exchange", scope: Scope, span: Span | None) -> None:
        started = time.monotonic()
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            exchange.status = _CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - the entry point of every request
            await exchange.answer_bug(error)
        finally:
            took_s = time.monotonic() - started
            exchange.log(round(took_s * 1000, 1))
            seen = (scope["method"], _route(scope), exchange.status or _CLIENT_GONE)
            name_span(span, *seen)
            if self._observer is not None:
                self._observer.answered(*seen, took_s)


class Exchange:
    """One request and its answer, as they pass by."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.status = 0
        self._scope = scope
        self._receive = receive
        self._send = send
        self._request_id = uuid.uuid4().hex
        self._calls = note_calls()
        scope.setdefault("state", {})["calls"] = self._calls
        self._body_is_read = not has_body(Headers(scope=scope))

    async def receive(self) -> Message:
        message = await self._receive()
        self._body_is_read = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            await self._drop_body()
            await self._complete(MutableHeaders(scope=message))
        await self._send(message)

    async def _complete(self, headers: MutableHeaders) -> None:
        headers.update(await rate_headers(self._calls))
        headers["X-Request-Id"] = self._request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Cache-Control", "no-store")
        if not self._body_is_read:
            headers["Connection"] = "close"

    async def _drop_body(self) -> None:
        """Not where the client waits for a word of ours before it sends anything."""
        if "expect" in Headers(scope=self._scope):
            return
        dropped_bytes = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(_DROPPING_S):
                while not self._body_is_read and dropped_bytes < _DROPPED_BYTES:
                    dropped_bytes += len((await self.receive()).get("body", b""))

    async def answer_bug(self, error: Exception) -> None:
        log.error("request_failed", action="http_request", request_id=self._request_id, exc_info=error)
        if self.status:  # too late for an answer; an unfinished body tells the client
            raise error
        answer = dialect_of(self._scope).answer_of(InternalError())
        await answer(self._scope, self.receive, self.send)

    def log(self, took_ms: float) -> None:
        log.info(
            "http_request",
            action=f"{self._scope['method']} {_route(self._scope)}",
            job_id=self._scope.get("path_params", {}).get("jobId", "")[:64] or None,
            status=self.status or _CLIENT_GONE,
            ms=took_ms,
            request_id=self._request_id,
        )


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "unknown")
