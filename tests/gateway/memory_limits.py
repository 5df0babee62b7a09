"""Counts calls for each secret and tells of it before they are served, as the service does."""

from collections import Counter
from typing import Any

import grpc

from tests.gateway.admission import Context, fail
from zerokerf.errors import RateLimited

RESET = 1774778460  # 2026-03-29T10:01:00Z
RETRY_AFTER_S = 21


class MemoryLimits(grpc.aio.ServerInterceptor):
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        #: None is no limit, of which nothing is told.
        self.limit: int | None = None
        self.calls: list[str] = []
        self._counts: Counter[str] = Counter()

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:  # noqa: ANN401 - handlers of every type pass through
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith("/grpc.health"):
            return handler
        serve = handler.unary_unary or handler.stream_unary or handler.unary_stream
        coders = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }

        async def one(request: Any, context: Context) -> Any:  # noqa: ANN401 - as above
            await self._count(method, context)
            return await serve(request, context)

        async def many(request: Any, context: Context) -> Any:  # noqa: ANN401 - as above
            await self._count(method, context)
            async for response in serve(request, context):
                yield response

        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(many, **coders)
        if handler.request_streaming:
            return grpc.stream_unary_rpc_method_handler(one, **coders)
        return grpc.unary_unary_rpc_method_handler(one, **coders)

    async def _count(self, method: str, context: Context) -> None:
        self.calls.append(method.rpartition("/")[2])
        if self.limit is None:
            return
        secret = str(dict(context.invocation_metadata() or ()).get("x-api-key"))
        remaining = self.limit - self._counts[secret]
        told = {"limit": self.limit, "remaining": max(0, remaining - 1), "reset": RESET}
        await context.send_initial_metadata([(f"x-ratelimit-{what}", str(is_)) for what, is_ in told.items()])
        if remaining <= 0:
            await fail(context, RateLimited(self.limit, RETRY_AFTER_S))
        self._counts[secret] += 1
