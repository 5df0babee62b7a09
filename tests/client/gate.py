"""The way into the service in memory: keys are checked, errors become statuses, answers get lost."""

# ruff: noqa: ANN401 - the interceptor passes messages of every type through, unread

from typing import Any, NoReturn

import grpc

from tests.client.state import API_KEY, Context, Service
from zerokerf.errors import (
    Unauthenticated,
    ZerokerfError,
)
from zerokerf.status import DETAILS_KEY, to_status


class Interceptor(grpc.aio.ServerInterceptor):
    """Asks for the API key, remembers the calls and turns unary calls' answers into faults."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def intercept_service(self, continuation: Any, details: grpc.HandlerCallDetails) -> Any:
        handler = await continuation(details)
        method = details.method.rpartition("/")[2]
        self._service.calls.append(method)
        if dict(details.invocation_metadata).get("x-api-key") != API_KEY:
            return _answering(handler, Unauthenticated())
        if handler.response_streaming:
            return handler
        wrap = (
            grpc.stream_unary_rpc_method_handler
            if handler.request_streaming
            else grpc.unary_unary_rpc_method_handler
        )
        return wrap(
            self._checked(method, handler.stream_unary or handler.unary_unary),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _checked(self, method: str, inner: Any) -> Any:
        async def call(request: Any, context: Context) -> Any:
            try:
                answer = await inner(request, context)
            except ZerokerfError as error:
                await refuse(context, error)
            await self._lose(method, context)
            return answer

        return call

    async def _lose(self, method: str, context: Context) -> None:
        faults = self._service.faults
        if faults.lost_answers[method]:
            faults.lost_answers[method] -= 1
            await context.abort(faults.lost_code, "the answer got lost")


def _answering(handler: Any, error: ZerokerfError) -> Any:
    async def unary(_request: Any, context: Context) -> None:
        await refuse(context, error)

    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(unary)
    if handler.stream_unary:
        return grpc.stream_unary_rpc_method_handler(unary)
    return grpc.unary_unary_rpc_method_handler(unary)


async def refuse(context: Context, error: ZerokerfError) -> NoReturn:
    status = to_status(error)
    context.set_trailing_metadata(((DETAILS_KEY, status.SerializeToString()),))
    await context.abort(grpc.StatusCode[error.kind.name], status.message)
