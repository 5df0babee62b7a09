"""Round every call: the caller is known and failures become statuses, for all four shapes, over a socket."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from server.api.caller import current_account_id
from server.api.interceptors import CallInterceptor, Context
from zerokerf.errors import JobNotFound, Unauthenticated
from zerokerf.status import from_rpc_error

KEY = (("x-api-key", "right"),)
SHAPES = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


class OneKey:
    async def authenticate(self, secret: str) -> str:
        if secret != "right":
            raise Unauthenticated
        return "acc_one"


def answer(text: str) -> StringValue:
    """What a servicer of ours does: answers, finds nothing, or has a bug."""
    if text == "missing":
        raise JobNotFound("job_x")
    if text == "bug":
        raise ZeroDivisionError("secret detail")
    return StringValue(value=current_account_id())


async def unary_unary(request: StringValue, context: Context) -> StringValue:
    return answer(request.value)


async def unary_stream(request: StringValue, context: Context) -> AsyncIterator[StringValue]:
    yield answer(request.value)


async def stream_unary(requests: AsyncIterator[StringValue], context: Context) -> StringValue:
    return answer(await anext(request.value async for request in requests))


async def stream_stream(requests: AsyncIterator[StringValue], context: Context) -> AsyncIterator[StringValue]:
    async for request in requests:
        yield answer(request.value)


def handlers() -> grpc.GenericRpcHandler:
    codec: dict[str, Any] = {
        "request_deserializer": StringValue.FromString,
        "response_serializer": StringValue.SerializeToString,
    }
    behaviours: dict[str, Any] = {
        "unary_unary": grpc.unary_unary_rpc_method_handler(unary_unary, **codec),
        "unary_stream": grpc.unary_stream_rpc_method_handler(unary_stream, **codec),
        "stream_unary": grpc.stream_unary_rpc_method_handler(stream_unary, **codec),
        "stream_stream": grpc.stream_stream_rpc_method_handler(stream_stream, **codec),
    }
    return grpc.method_handlers_generic_handler("test.Shapes", behaviours)


@pytest.fixture
async def channel() -> AsyncIterator[grpc.aio.Channel]:
    server = grpc.aio.server(interceptors=[CallInterceptor(OneKey())])
    server.add_generic_rpc_handlers((handlers(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop(None)


async def call(
    channel: grpc.aio.Channel, shape: str, text: str, metadata: tuple[tuple[str, str], ...] = KEY
) -> str:
    method = getattr(channel, shape)(
        f"/test.Shapes/{shape}",
        request_serializer=StringValue.SerializeToString,
        response_deserializer=StringValue.FromString,
    )
    request: Any = StringValue(value=text)
    call = method(iter([request]) if shape.startswith("stream") else request, metadata=metadata, timeout=10)
    if shape.endswith("stream"):
        answers = [response.value async for response in call]
        return str(answers[0])
    return str((await call).value)


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_servicer_knows_the_account_of_the_key(channel: grpc.aio.Channel, shape: str) -> None:
    assert await call(channel, shape, "hello") == "acc_one"


@pytest.mark.parametrize("shape", SHAPES)
async def test_an_error_of_ours_arrives_whole(channel: grpc.aio.Channel, shape: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(channel, shape, "missing")

    error = from_rpc_error(raised.value)
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND
    assert isinstance(error, JobNotFound)
    assert error.facts == {"jobId": "job_x"}


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_bug_is_internal_and_tells_nothing(channel: grpc.aio.Channel, shape: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(channel, shape, "bug")

    assert raised.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "metadata", [(), (("x-api-key", "wrong"),), (("authorization", "Basic right"),)], ids=str
)
async def test_without_a_good_key_nothing_is_served(
    channel: grpc.aio.Channel, shape: str, metadata: tuple[tuple[str, str], ...]
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(channel, shape, "hello", metadata)

    assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert isinstance(from_rpc_error(raised.value), Unauthenticated)


async def test_a_bearer_token_is_a_key_too(channel: grpc.aio.Channel) -> None:
    assert await call(channel, "unary_unary", "hello", (("authorization", "Bearer right"),)) == "acc_one"
