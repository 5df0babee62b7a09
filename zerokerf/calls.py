"""Calls that carry the API key, have a deadline, fail with typed errors and are repeated when it helps."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc

from zerokerf.errors import Kind, ServiceUnreachable, Unauthenticated, ZerokerfError
from zerokerf.status import from_rpc_error

Request = TypeVar("Request")
Response = TypeVar("Response")

#: Called with the bytes moved so far and all there are. The first number never goes down.
OnProgress = Callable[[int, int], None]


def ignore_progress(_done: int, _total: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on against a service that is away."""

    #: One unary call, its repeats included.
    call_timeout_s: float = 30
    call_attempts: int = 4
    #: Failures in a row, without any progress between them, before a stream or a transfer is given up.
    stream_attempts: int = 10
    #: The longest silence of a transfer before it counts as broken.
    stall_timeout_s: float = 60
    first_pause_s: float = 0.2
    longest_pause_s: float = 10

    def pause_s(self, failures: int) -> float:
        """Doubles with every failure; jitter keeps many clients from returning at the same moment."""
        full_s = min(self.longest_pause_s, self.first_pause_s * 2.0 ** (failures - 1))
        return full_s * random.uniform(0.75, 1)  # noqa: S311 - spreads load, guards no secret


class Attempts:
    """Counts failures in a row, pauses after each and gives up when there were too many."""

    def __init__(self, patience: Patience, most: int) -> None:
        self._patience = patience
        self._most = most
        self._failures = 0

    def progressed(self) -> None:
        self._failures = 0

    async def failed(self, error: ZerokerfError) -> None:
        """Returns when it is time to try again. Raises the error if trying again is pointless."""
        self._failures += 1
        if error.kind is not Kind.UNAVAILABLE or self._failures >= self._most:
            raise error
        await asyncio.sleep(self._patience.pause_s(self._failures))


class Caller:
    """What every call of one client shares."""

    def __init__(self, api_key: str | None, patience: Patience) -> None:
        self.patience = patience
        if api_key and not (api_key.isascii() and api_key.isprintable()):
            raise Unauthenticated
        self.metadata = (("x-api-key", api_key),) if api_key else ()

    def stream_attempts(self) -> Attempts:
        return Attempts(self.patience, self.patience.stream_attempts)

    async def unary(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[Request, Response],
        request: Request,
        *,
        attempts: int | None = None,
    ) -> Response:
        """Repeats the call while the service is away, so the request must be safe to repeat."""
        repeats = Attempts(self.patience, attempts or self.patience.call_attempts)
        try:
            async with asyncio.timeout(self.patience.call_timeout_s):
                while True:
                    try:
                        return await method(
                            request, metadata=self.metadata, timeout=self.patience.call_timeout_s
                        )
                    except grpc.aio.AioRpcError as error:
                        await repeats.failed(from_rpc_error(error))
        except TimeoutError as error:
            raise ServiceUnreachable from error
