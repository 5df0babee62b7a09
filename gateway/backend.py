"""What requests share while the gateway runs, and the calls they make on behalf of a client."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Path, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from grpc_health.v1.health_pb2_grpc import HealthStub

from gateway.config import GatewayConfig
from gateway.observe import trace_metadata
from gateway.rate_headers import noting
from zerokerf.errors import JobNotFound, Unauthenticated
from zerokerf.v1 import (
    account_service_pb2_grpc,
    batch_service_pb2_grpc,
    split_service_pb2_grpc,
    upload_service_pb2_grpc,
    webhook_service_pb2_grpc,
)

#: What every id of ours looks like from far.
ID_PATTERN = "^[A-Za-z0-9_-]{1,128}$"

#: Long enough for a token with many claims, short enough for the headers of a call.
_SECRET = re.compile(r"[!-~]{1,8000}")
_ID = re.compile(ID_PATTERN)
_LONGEST_ECHO = 64


@dataclass(frozen=True, slots=True)
class Backend:
    config: GatewayConfig
    # In quotes, because the asynchronous stubs exist for the type checker only.
    splits: "split_service_pb2_grpc.SplitServiceAsyncStub"
    batch: "batch_service_pb2_grpc.BatchServiceAsyncStub"
    uploads: "upload_service_pb2_grpc.UploadServiceAsyncStub"
    accounts: "account_service_pb2_grpc.AccountServiceAsyncStub"
    webhooks: "webhook_service_pb2_grpc.WebhookServiceAsyncStub"
    health: HealthStub
    #: Set when the gateway stops, so that streams without an end come to one.
    draining: asyncio.Event
    #: Held by each request whose large body is in memory.
    large_bodies: asyncio.Semaphore


@dataclass(frozen=True, slots=True)
class Caller:
    """A client's key or token, on its way to the server that judges it."""

    backend: Backend
    metadata: tuple[tuple[str, str], ...]

    @property
    def timeout_s(self) -> float:
        return self.backend.config.call_timeout_s


@asynccontextmanager
async def connected(config: GatewayConfig, draining: asyncio.Event) -> AsyncIterator[Backend]:
    async with config.open_channel() as channel:
        noted = noting(channel)
        yield Backend(
            config=config,
            splits=split_service_pb2_grpc.SplitServiceStub(noted),
            batch=batch_service_pb2_grpc.BatchServiceStub(noted),
            uploads=upload_service_pb2_grpc.UploadServiceStub(noted),
            accounts=account_service_pb2_grpc.AccountServiceStub(noted),
            webhooks=webhook_service_pb2_grpc.WebhookServiceStub(noted),
            health=HealthStub(channel),
            draining=draining,
            large_bodies=asyncio.Semaphore(config.max_large_bodies),
        )


async def backend_of(request: Request) -> Backend:
    backend: Backend = request.state.backend
    return backend


_KEY = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key.")
_BEARER = HTTPBearer(
    auto_error=False,
    description="An API key; for calls about the account also a token of its provider.",
)


async def caller_of(
    backend: Annotated[Backend, Depends(backend_of)],
    key: Annotated[str | None, Security(_KEY)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> Caller:
    """Raises Unauthenticated when there is nothing that could be a key or a token."""
    return caller_with(backend, key or (bearer.credentials if bearer else ""))


def caller_with(backend: Backend, secret: str) -> Caller:
    """Raises Unauthenticated for what cannot be a key or a token."""
    if not _SECRET.fullmatch(secret):
        raise Unauthenticated
    return Caller(backend, (("x-api-key", secret), *trace_metadata()))


async def job_id_of(
    _: Annotated[Caller, Depends(caller_of)],
    job_id: Annotated[str, Path(alias="jobId", description="The id of the job.", examples=["job_abc123"])],
) -> str:
    """Raises JobNotFound for what cannot be an id."""
    if not is_id(job_id):
        raise JobNotFound(shown_id(job_id))
    return job_id


def is_id(text: str) -> bool:
    """Whether a stranger's text can be an id at all."""
    return _ID.fullmatch(text) is not None


def shown_id(text: str) -> str:
    """A stranger's id, short enough to be repeated in an answer."""
    return text if len(text) <= _LONGEST_ECHO else text[:_LONGEST_ECHO] + "…"


AnyCaller = Annotated[Caller, Depends(caller_of)]
JobId = Annotated[str, Depends(job_id_of)]
RequestId = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        description="Repeating a request with the same key returns the first answer's resource.",
    ),
]
