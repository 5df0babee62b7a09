"""What the server says of a caller's rate limit, passed on in the headers of the HTTP answer."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import ParamSpec, TypeAlias, cast

import grpc

#: Names of the server's initial metadata, and of our headers.
_NAMES: Mapping[str, str] = {
    "x-ratelimit-limit": "X-RateLimit-Limit",
    "x-ratelimit-remaining": "X-RateLimit-Remaining",
    "x-ratelimit-reset": "X-RateLimit-Reset",
}
#: The server says it before it begins to work, so this is for one that does not answer at all.
_WAIT_S = 1.0
#: Of a request that makes many calls, the last ones know the most.
_NOTED = 4

Call: TypeAlias = grpc.aio.Call
Calls = deque[Call]
How = ParamSpec("How")

_calls: ContextVar[Calls] = ContextVar("calls")


def note_calls() -> Calls:
    """To be called when a request begins, before anything is called on its behalf."""
    calls = Calls(maxlen=_NOTED)
    _calls.set(calls)
    return calls


async def rate_headers(calls: Calls) -> dict[str, str]:
    """For the answer of the request that made these calls. Empty where the server told of no limit."""
    for call in reversed(calls):
        if told := await _told(call):
            return told
    return {}


async def _told(call: Call) -> dict[str, str]:
    try:
        async with asyncio.timeout(_WAIT_S):
            metadata = await call.initial_metadata()
    except (TimeoutError, grpc.aio.AioRpcError):
        return {}
    return {_NAMES[name]: str(value) for name, value in metadata or () if name in _NAMES}


def noting(channel: grpc.aio.Channel) -> grpc.aio.Channel:
    """For stubs to be made of: calls are those of the channel itself, each noted for the request at hand."""
    return cast(grpc.aio.Channel, _Noting(channel))


class _Noting:
    """The part of a channel that stubs know."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.unary_unary = _noting(channel.unary_unary)
        self.unary_stream = _noting(channel.unary_stream)
        self.stream_unary = _noting(channel.stream_unary)
        self.stream_stream = _noting(channel.stream_stream)


def _noting(open_method: Callable[How, Callable[..., Call]]) -> Callable[How, Callable[..., Call]]:
    def open_noting(*how: How.args, **options: How.kwargs) -> Callable[..., Call]:
        begin = open_method(*how, **options)

        def begin_noting(*request: object, **options: object) -> Call:
            call = begin(*request, **options)
            if (calls := _calls.get(None)) is not None:
                calls.append(call)
            return call

        return begin_noting

    return open_noting
