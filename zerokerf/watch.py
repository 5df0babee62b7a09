"""Follows one job's events across broken streams, restarts and changes of server."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

import grpc

from zerokerf.calls import Caller
from zerokerf.errors import ServiceUnreachable, ZerokerfError
from zerokerf.states import is_final
from zerokerf.status import from_rpc_error
from zerokerf.v1.split_pb2 import SplitEvent
from zerokerf.v1.split_service_pb2 import GetSplitRequest, WatchSplitRequest

if TYPE_CHECKING:
    from zerokerf.v1.split_service_pb2_grpc import SplitServiceAsyncStub  # exists for type checkers only


async def watch(
    splits: "SplitServiceAsyncStub", caller: Caller, job_id: str, after_sequence: int
) -> AsyncGenerator[SplitEvent]:
    """Yields every event after the cursor once, in order, and ends after the final one."""
    cursor = after_sequence
    attempts = caller.stream_attempts()
    while True:
        failure: ZerokerfError = ServiceUnreachable()
        try:
            async with aclosing(_events(splits, caller, job_id, cursor)) as events:
                async for event in events:
                    cursor = event.sequence
                    attempts.progressed()
                    yield event
                    if is_final(event.state):
                        return
            if await _is_over(splits, caller, job_id, cursor):
                return
        except ZerokerfError as error:
            failure = error
        await attempts.failed(failure)


async def _events(
    splits: "SplitServiceAsyncStub", caller: Caller, job_id: str, cursor: int
) -> AsyncGenerator[SplitEvent]:
    """The events of one stream, until it ends or is not what was promised: then it must be asked for anew."""
    request = WatchSplitRequest(id=job_id, after_sequence=cursor)
    call = splits.WatchSplit(request, metadata=caller.metadata)
    try:
        async for response in call:
            if response.event.sequence <= cursor:
                continue
            if response.event.sequence != cursor + 1:
                return
            cursor += 1
            yield response.event
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error
    finally:
        call.cancel()


async def _is_over(splits: "SplitServiceAsyncStub", caller: Caller, job_id: str, cursor: int) -> bool:
    """Whether a stream that ended without a final event did so because nothing more will come."""
    response = await caller.unary(splits.GetSplit, GetSplitRequest(id=job_id))
    return is_final(response.split.state) and response.split.last_sequence <= cursor
