"""What happens round every call: the caller may make it, failures become statuses, one line is logged."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import grpc
import structlog
from grpc_status import rpc_status
from opentelemetry.trace import Tracer
from structlog.contextvars import bind_contextvars

from server.accounts.model import Caller
from server.accounts.rate_limits import RateLimits, Standing
from server.api.caller import set_caller
from server.api.scopes import SCOPES, Scopes, check_scope
from server.observe.tracing import served
from zerokerf.errors import InternalError, RateLimited, Unauthenticated, ZerokerfError
from zerokerf.status import to_status

if TYPE_CHECKING:  # these are generic in the type stubs only
    Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
    Handler: TypeAlias = grpc.RpcMethodHandler[Any, Any]
else:
    Context, Handler = grpc.aio.ServicerContext, grpc.RpcMethodHandler
Next = Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]

log = structlog.get_logger()

#: Services that answer without a key: they say nothing about anybody's data.
OPEN_SERVICES = ("/grpc.health.v1.Health/", "/grpc.reflection.")


class Authenticator(Protocol):
    async def authenticate(self, secret: str) -> Caller:
        """Who bears the secret. Raises Unauthenticated."""
        ...


class CallObserver(Protocol):
    """Counts by methods and codes. A call that began ends once."""

    def began(self, method: str, *, is_stream: bool) -> None: ...

    def ended(self, method: str, code: str, took_s: float, *, is_stream: bool) -> None: ...

    def rate_limited(self) -> None: ...


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Serves all four shapes of calls the same way. A stream counts as one request, when it begins."""

    def __init__(
        self,
        authenticator: Authenticator,
        rate_limits: RateLimits | None = None,
        scopes: Mapping[str, Scopes] = SCOPES,
        observer: CallObserver | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self._authenticator = authenticator
        self._rate_limits = rate_limits
        self._scopes = scopes
        self._observer = observer
        self._tracer = tracer
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Next,
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(OPEN_SERVICES):
            return handler
        if method not in self._wrapped:
            self._wrapped[method] = self._wrap(handler, method)
        return self._wrapped[method]

    def _wrap(self, handler: Any, method: str) -> Handler:
        serve = handler.unary_unary or handler.stream_unary or handler.unary_stream or handler.stream_stream

        async def one(request: Any, context: Context) -> Any:
            with served(self._tracer, method.removeprefix("/"), context.invocation_metadata()):
                async with self._call(method, context):
                    return await serve(request, context)

        async def many(request: Any, context: Context) -> AsyncIterator[Any]:
            async with self._call(method, context, is_stream=True):
                async for response in serve(request, context):
                    yield response

        shape = {
            (False, False): grpc.unary_unary_rpc_method_handler,
            (False, True): grpc.unary_stream_rpc_method_handler,
            (True, False): grpc.stream_unary_rpc_method_handler,
            (True, True): grpc.stream_stream_rpc_method_handler,
        }[handler.request_streaming, handler.response_streaming]
        behaviour: Any = many if handler.response_streaming else one
        return shape(
            behaviour,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    @asynccontextmanager
    async def _call(self, method: str, context: Context, *, is_stream: bool = False) -> AsyncIterator[None]:
        started = time.monotonic()
        outcome = code = "OK"
        if self._observer:
            self._observer.began(method, is_stream=is_stream)
        try:
            await self._admit(method, context)
            yield
        except ZerokerfError as error:
            outcome, code = error.reason, error.kind.name
            if isinstance(error, RateLimited) and self._observer:
                self._observer.rate_limited()
            await context.abort_with_status(rpc_status.to_status(to_status(error)))
        except (asyncio.CancelledError, GeneratorExit):
            outcome = code = "CANCELLED"
            raise
        except grpc.aio.AbortError:
            outcome = code = "ABORTED"
            raise
        except Exception:
            outcome = code = "INTERNAL"
            log.exception("call failed", action="rpc", method=method)
            await context.abort_with_status(rpc_status.to_status(to_status(InternalError())))
        finally:
            took_s = time.monotonic() - started
            if self._observer:
                self._observer.ended(method, code, took_s, is_stream=is_stream)
            log.debug("call", action="rpc", method=method, outcome=outcome, ms=round(took_s * 1000, 1))

    async def _admit(self, method: str, context: Context) -> None:
        caller = await self._authenticator.authenticate(_secret(context))
        if self._rate_limits is not None:
            await _tell(await self._rate_limits.count(caller), context)
        check_scope(caller, self._scopes[method])
        set_caller(caller)
        bind_contextvars(account_id=caller.account_id)


async def _tell(standing: Standing | None, context: Context) -> None:
    """Raises RateLimited, once the caller has been told."""
    if standing is None:
        return
    told = {"limit": standing.limit, "remaining": standing.remaining, "reset": standing.reset_at_s}
    await context.send_initial_metadata([(f"x-ratelimit-{what}", str(is_)) for what, is_ in told.items()])
    if standing.retry_after_s is not None:
        raise RateLimited(standing.limit, standing.retry_after_s)


def _secret(context: Context) -> str:
    for name, value in context.invocation_metadata() or ():
        text = value if isinstance(value, str) else ""
        if name == "x-api-key":
            return text
        if name == "authorization" and text.lower().startswith("bearer "):
            return text[7:].strip()
    raise Unauthenticated
