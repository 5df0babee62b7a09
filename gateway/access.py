"""What happens round every request: one log line, headers for all answers, and the last word on bugs."""

import time
import uuid

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import answer_of
from zerokerf.errors import InternalError

log = structlog.get_logger()

#: The rest of a refused body is read and dropped up to this size, so that the client sees the answer.
_WORTH_READING_BYTES = 1 << 20
#: What proxies call a client that left before its answer.
_CLIENT_GONE = 499


class Access:
    """ASGI middleware. Logs routes, never paths or queries: those of signed links are secrets."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send)
        started = time.monotonic()
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            exchange.status = _CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - the entry point of every request
            await exchange.answer_bug(error)
        finally:
            exchange.log(round((time.monotonic() - started) * 1000, 1))


class Exchange:
    """One request and its answer, as they pass by."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.status = 0
        self._scope = scope
        self._receive = receive
        self._send = send
        self._request_id = uuid.uuid4().hex
        self._body_is_read = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._body_is_read = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._complete(MutableHeaders(scope=message))
        await self._send(message)

    def _complete(self, headers: MutableHeaders) -> None:
        headers["X-Request-Id"] = self._request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Cache-Control", "no-store")
        if self._leaves_much_unread():
            headers["Connection"] = "close"

    def _leaves_much_unread(self) -> bool:
        headers = Headers(scope=self._scope)
        length = int(headers.get("content-length", "0"))
        is_long = "transfer-encoding" in headers or length > _WORTH_READING_BYTES
        return is_long and not self._body_is_read

    async def answer_bug(self, error: Exception) -> None:
        log.error("request_failed", action="http_request", request_id=self._request_id, exc_info=error)
        if self.status:  # too late for an answer; an unfinished body tells the client
            raise error
        await answer_of(InternalError())(self._scope, self.receive, self.send)

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
