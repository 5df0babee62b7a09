"""Round every call of each shape: the caller may make it, and failures become statuses, over a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from server.accounts.model import Caller, Plan, Scope
from server.accounts.rate_limits import RateLimits
from server.api.caller import current_caller
from server.api.interceptors import CallInterceptor, Context
from server.database.open import Database
from zerokerf.errors import InsufficientScope, JobNotFound, RateLimited, Unauthenticated
from zerokerf.status import from_rpc_error

KEY = (("x-api-key", "right"),)
LIMITED = (("x-api-key", "limited"),)
POWERLESS = (("x-api-key", "powerless"),)
SHAPES = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")
SCOPES = {f"/test.Shapes/{shape}": frozenset({Scope.SPLITS_READ, Scope.SPLITS_WRITE}) for shape in SHAPES}
LIMIT = 3
NOW = datetime(2026, 5, 2, 12, 0, 12, tzinfo=UTC)
RESET = "1777723260"

FREE = Caller("acc_one", Plan("unlimited", "Unlimited"), frozenset({Scope.SPLITS_READ}), "key_one")
CALLERS = {
    "right": FREE,
    "limited": replace(FREE, plan=Plan("plan_x", "X", requests_per_minute=LIMIT)),
    "powerless": Caller(
        "acc_one", Plan("plan_x", "X", requests_per_minute=LIMIT), frozenset({Scope.KEYS_MANAGE})
    ),
}


class Keys:
    async def authenticate(self, secret: str) -> Caller:
        if secret not in CALLERS:
            raise Unauthenticated
        return CALLERS[secret]


def answer(text: str) -> StringValue:
    """What a servicer of ours does: answers, finds nothing, or has a bug."""
    if text == "missing":
        raise JobNotFound("job_x")
    if text == "bug":
        raise ZeroDivisionError("secret detail")
    return StringValue(value=current_caller().account_id)


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


@asynccontextmanager
async def served(interceptor: CallInterceptor) -> AsyncIterator[grpc.aio.Channel]:
    server = grpc.aio.server(interceptors=[interceptor])
    server.add_generic_rpc_handlers((handlers(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop(None)


@pytest.fixture
async def channel() -> AsyncIterator[grpc.aio.Channel]:
    async with served(CallInterceptor(Keys(), scopes=SCOPES)) as channel:
        yield channel


@pytest.fixture
async def limited(database: Database) -> AsyncIterator[grpc.aio.Channel]:
    async with served(CallInterceptor(Keys(), RateLimits(database, lambda: NOW), SCOPES)) as channel:
        yield channel


def begun(
    channel: grpc.aio.Channel, shape: str, texts: list[str], metadata: tuple[tuple[str, str], ...]
) -> Any:  # noqa: ANN401  four kinds of calls, of which each caller knows its own
    method = getattr(channel, shape)(
        f"/test.Shapes/{shape}",
        request_serializer=StringValue.SerializeToString,
        response_deserializer=StringValue.FromString,
    )
    requests: Any = [StringValue(value=text) for text in texts]
    streams = shape.startswith("stream")
    return method(iter(requests) if streams else (*requests, StringValue())[0], metadata=metadata, timeout=10)


async def call(
    channel: grpc.aio.Channel, shape: str, text: str | None, metadata: tuple[tuple[str, str], ...] = KEY
) -> str:
    call = begun(channel, shape, [] if text is None else [text], metadata)
    if shape.endswith("stream"):
        answers = [response.value async for response in call]
        return str(answers[0])
    return str((await call).value)


async def refusal(
    channel: grpc.aio.Channel, shape: str, metadata: tuple[tuple[str, str], ...]
) -> grpc.aio.AioRpcError:
    """No message is sent: a write that fails replaces what the server said (grpc/grpc#36066)."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(channel, shape, None, metadata)
    return raised.value


async def told(
    channel: grpc.aio.Channel, shape: str, text: str, metadata: tuple[tuple[str, str], ...] = LIMITED
) -> dict[str, str]:
    """What came before the answer, whatever that was."""
    call = begun(channel, shape, [text], metadata)
    initial = await call.initial_metadata()
    if shape.endswith("stream"):
        with suppress(grpc.aio.AioRpcError):
            await call.read()  # a stream that nobody reads has no end
    await call.code()
    prefix = "x-ratelimit-"
    return {name.removeprefix(prefix): value for name, value in initial if name.startswith(prefix)}


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
    refused = await refusal(channel, shape, metadata)

    assert refused.code() is grpc.StatusCode.UNAUTHENTICATED
    assert isinstance(from_rpc_error(refused), Unauthenticated)


async def test_a_bearer_token_is_a_key_too(channel: grpc.aio.Channel) -> None:
    assert await call(channel, "unary_unary", "hello", (("authorization", "Bearer right"),)) == "acc_one"


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_caller_without_the_scope_is_refused(channel: grpc.aio.Channel, shape: str) -> None:
    refused = await refusal(channel, shape, POWERLESS)

    error = from_rpc_error(refused)
    assert refused.code() is grpc.StatusCode.PERMISSION_DENIED
    assert isinstance(error, InsufficientScope)
    assert error.facts == {"scope": "splits:read or splits:write"}


async def test_what_nobody_decided_about_is_served_to_nobody() -> None:
    async with served(CallInterceptor(Keys(), scopes={})) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await call(channel, "unary_unary", "hello")

    assert raised.value.code() is grpc.StatusCode.INTERNAL


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_caller_learns_where_it_stands_before_the_answer(
    limited: grpc.aio.Channel, shape: str
) -> None:
    assert await told(limited, shape, "hello") == {"limit": "3", "remaining": "2", "reset": RESET}
    assert await told(limited, shape, "hello") == {"limit": "3", "remaining": "1", "reset": RESET}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("text", ["missing", "bug"])
async def test_a_caller_learns_where_it_stands_when_a_call_fails(
    limited: grpc.aio.Channel, shape: str, text: str
) -> None:
    assert await told(limited, shape, text) == {"limit": "3", "remaining": "2", "reset": RESET}


async def test_who_lacks_the_scope_has_made_a_request_too(limited: grpc.aio.Channel) -> None:
    assert (await told(limited, "unary_unary", "hello", POWERLESS))["remaining"] == "2"
    assert (await told(limited, "unary_unary", "hello", POWERLESS))["remaining"] == "1"


@pytest.mark.parametrize("shape", SHAPES)
async def test_one_call_too_many_is_refused_and_told_when_to_come_back(
    limited: grpc.aio.Channel, shape: str
) -> None:
    for _ in range(LIMIT):
        await call(limited, shape, "hello", LIMITED)

    refused = await refusal(limited, shape, LIMITED)

    error = from_rpc_error(refused)
    assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 48
    assert await told(limited, shape, "hello") == {"limit": "3", "remaining": "0", "reset": RESET}


async def test_a_stream_of_many_messages_is_one_request(limited: grpc.aio.Channel) -> None:
    many = begun(limited, "stream_stream", ["hello"] * 20, LIMITED)
    assert len([response async for response in many]) == 20

    assert (await told(limited, "unary_unary", "hello"))["remaining"] == "1"


async def test_who_is_not_known_is_told_nothing_and_counts_for_nobody(limited: grpc.aio.Channel) -> None:
    assert await told(limited, "unary_unary", "hello", (("x-api-key", "wrong"),)) == {}

    assert (await told(limited, "unary_unary", "hello"))["remaining"] == "2"


async def test_a_plan_without_a_limit_has_nothing_to_tell(limited: grpc.aio.Channel) -> None:
    assert await told(limited, "unary_unary", "hello", KEY) == {}
