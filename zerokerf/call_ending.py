"""Tells how a client-streamed call ended in the server's own words."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Protocol

import grpc

# What grpc.aio says of a write that failed because the server had ended the call. It then also replaces the
# status that the server sent: https://github.com/grpc/grpc/issues/36066
_WRITE_FAILED = "Internal error from Core"


class StatusSource(Protocol):
    """The part of a grpc.aio call that tells how it ended."""

    async def code(self) -> grpc.StatusCode: ...

    async def details(self) -> str: ...

    async def trailing_metadata(self) -> grpc.aio.Metadata: ...

    def cancel(self) -> bool: ...


class CallEnding:
    """The status of one call, taken when it arrives, before a failing write replaces it.

    In about one of a hundred such endings the server's words are lost all the same, and the error says only
    that the stream broke.
    """

    def __init__(self, call: StatusSource) -> None:
        self._first = asyncio.gather(call.code(), call.details(), call.trailing_metadata())

    async def error(self, last: grpc.aio.AioRpcError) -> grpc.aio.AioRpcError:
        """The server's error: the first status that arrived, or the last if the failed write came first."""
        code, details, trailers = await self._first
        if details == _WRITE_FAILED:
            return last
        return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailers, details)

    async def close(self) -> None:
        self._first.cancel()
        with suppress(asyncio.CancelledError):
            await self._first


@asynccontextmanager
async def ending_of(call: StatusSource) -> AsyncIterator[CallEnding]:
    """Watches the call from here on; cancels it if it is left unfinished."""
    ending = CallEnding(call)
    try:
        yield ending
    finally:
        call.cancel()
        await ending.close()
