"""How we talk to an S3 server: addresses, credentials and time limits. The library's own limits do not do."""

from dataclasses import dataclass, field

from minio import Minio
from minio.credentials.providers import (
    AWSConfigProvider,
    ChainedProvider,
    EnvAWSProvider,
    EnvMinioProvider,
    IamAwsProvider,
    Provider,
    StaticProvider,
)
from urllib3 import PoolManager, Retry, Timeout

_PASSING_STATUSES = (429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Endpoint:
    netloc: str
    secure: bool


@dataclass(frozen=True, slots=True)
class S3Address:
    """`prefix` is empty or ends with "/". Links are signed for the public endpoint, all else goes inside."""

    bucket: str
    prefix: str
    region: str
    endpoint: Endpoint
    public_endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class S3Credentials:
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def provider_of(credentials: S3Credentials | None) -> Provider:
    """Without credentials: those of the machine, the container or the service account we run in."""
    if credentials is None:
        return ChainedProvider([EnvAWSProvider(), EnvMinioProvider(), AWSConfigProvider(), IamAwsProvider()])
    return StaticProvider(credentials.access_key, credentials.secret_key, credentials.session_token)


def client_of(
    endpoint: Endpoint, region: str, provider: Provider, connections: PoolManager | None = None
) -> Minio:
    # Without the region, even signing a link would ask the server first.
    return Minio(
        endpoint.netloc,
        secure=endpoint.secure,
        region=region,
        credentials=provider,
        http_client=connections,
    )


def transfer_connections(count: int) -> PoolManager:
    """For requests that carry data."""
    return PoolManager(
        maxsize=count,
        # The limit for connecting also covers sending a whole part, so a short one would fail slow links.
        timeout=Timeout(connect=60, read=60),
        retries=_retries(4),
    )


def copy_connections(count: int) -> PoolManager:
    """For requests that the server answers when it has moved the data itself."""
    # A copy that is given up goes on at the server: asking anew too soon would only double its work.
    return PoolManager(maxsize=count, timeout=Timeout(connect=60, read=300), retries=_retries(4))


def probe_connections() -> PoolManager:
    """For finding out soon whether anybody answers."""
    return PoolManager(maxsize=1, timeout=Timeout(connect=2, read=2), retries=_retries(1))


def _retries(total: int) -> Retry:
    return Retry(
        total=total,
        backoff_factor=0.2,
        backoff_jitter=0.2,
        status_forcelist=_PASSING_STATUSES,
        # POST as well: one lost reply to "complete" must not throw a whole upload away.
        allowed_methods=None,
        # A server must not decide how long a thread of ours sleeps.
        respect_retry_after_header=False,
    )
