"""Follows one job's events across broken streams, restarts and changes of server."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import grpc

from zerokerf.calls import Caller
from zerokerf.errors import ServiceUnreachable, ZerokerfError
from zerokerf.status import from_rpc_error


class Event(Protocol):
    @property
    def sequence(self) -> int: ...


E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)


class Response(Protocol[E_co]):
    @property
    def event(self) -> E_co: ...


class Stream(Protocol[E_co]):
    """The part of a streaming call that brings events."""

    def __aiter__(self) -> AsyncIterator[Response[E_co]]: ...

    def cancel(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Watched(Generic[E]):
    """What there is to know of one job, whatever its kind."""

    #: A stream of the events behind a cursor.
    stream: Callable[[int], Stream[E]]
    is_final: Callable[[E], bool]
    #: Whether the job has ended, and its newest event's number.
    standing: Callable[[], Awaitable[tuple[bool, int]]]


async def watch(caller: Caller, job: Watched[E], after_sequence: int) -> AsyncGenerator[E]:
    """Yields every event after the cursor once, in order, and ends after the final one."""
    cursor = after_sequence
    attempts = caller.stream_attempts()
    while True:
        failure: ZerokerfError = ServiceUnreachable()
        try:
            async with aclosing(_events(job, cursor)) as events:
                async for event in events:
                    cursor = event.sequence
                    attempts.progressed()
                    yield event
                    if job.is_final(event):
                        return
            if await _is_over(job, cursor):
                return
        except ZerokerfError as error:
            failure = error
        await attempts.failed(failure)


async def _events(job: Watched[E], cursor: int) -> AsyncGenerator[E]:
    """The events of one stream, until it ends or is not what was promised: then it must be asked for anew."""
    call = job.stream(cursor)
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


async def _is_over(job: Watched[E], cursor: int) -> bool:
    """Whether a stream that ended without a final event did so because nothing more will come."""
    has_ended, last_sequence = await job.standing()
    return has_ended and last_sequence <= cursor
