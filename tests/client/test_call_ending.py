"""The server's words about a failed upload survive a write that fails at the same moment."""

import asyncio
from dataclasses import dataclass

import grpc
import pytest

from zerokerf.call_ending import ending_of

INTERNAL = grpc.aio.AioRpcError(grpc.StatusCode.INTERNAL, details="Internal error from Core")
REFUSED = grpc.aio.AioRpcError(grpc.StatusCode.OUT_OF_RANGE, details="Too large.")


@dataclass
class EndedCall:
    """A call whose first status is this one."""

    status: grpc.aio.AioRpcError
    is_cancelled: bool = False

    async def code(self) -> grpc.StatusCode:
        return self.status.code()

    async def details(self) -> str:
        return self.status.details() or ""

    async def trailing_metadata(self) -> grpc.aio.Metadata:
        return grpc.aio.Metadata(("key", "value"))

    def cancel(self) -> bool:
        self.is_cancelled = True
        return True


class OpenCall(EndedCall):
    async def code(self) -> grpc.StatusCode:
        await asyncio.Event().wait()
        return self.status.code()


@pytest.mark.parametrize(("first", "last"), [(REFUSED, INTERNAL), (INTERNAL, REFUSED), (REFUSED, REFUSED)])
async def test_the_servers_status_wins_in_either_order(
    first: grpc.aio.AioRpcError, last: grpc.aio.AioRpcError
) -> None:
    async with ending_of(EndedCall(first)) as ending:
        error = await ending.error(last)

    assert (error.code(), error.details()) == (grpc.StatusCode.OUT_OF_RANGE, "Too large.")


async def test_trailers_come_with_the_status() -> None:
    async with ending_of(EndedCall(REFUSED)) as ending:
        error = await ending.error(INTERNAL)

    assert list(error.trailing_metadata()) == [("key", "value")]


async def test_a_call_that_is_left_is_cancelled() -> None:
    call = OpenCall(REFUSED)

    async with asyncio.timeout(2), ending_of(call):
        pass

    assert call.is_cancelled
