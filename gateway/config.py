"""What an entry point hands to the gateway."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import grpc
from opentelemetry.trace import Tracer

from gateway.observe import RequestMetrics
from storage.local import LocalStore


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """A folder whose objects the gateway serves and takes by signed links. The store stays the caller's."""

    store: LocalStore
    #: Links signed with any of these are good, so that keys can be changed.
    signing_keys: tuple[bytes, ...]
    now: Callable[[], datetime] = utc_now


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """`open_channel` is called once, in the gateway's own event loop; the gateway closes what it returns."""

    open_channel: Callable[[], grpc.aio.Channel]
    public_url: str
    files: LocalFiles | None = None
    observer: RequestMetrics | None = None
    tracer: Tracer | None = None
    max_upload_bytes: int = 2 << 30
    #: Enough for a cue sheet of 64 KiB with every character escaped.
    max_body_bytes: int = 400 << 10
    #: Of a recording to transcribe.
    max_recording_bytes: int = 1 << 30
    #: Of a recording that is part of a JSON body, which has to be held in memory.
    max_inline_bytes: int = 10 << 20
    max_large_bodies: int = 2
    max_header_bytes: int = 32 << 10
    max_connections: int = 1000
    #: Silence after which a stream of events says that it is still there.
    ping_s: float = 15.0
    call_timeout_s: float = 15.0
    #: The server gives up earlier by itself: a plan takes as long as fetching the source and indexing it.
    plan_timeout_s: float = 16 * 60.0
    probe_timeout_s: float = 2.0
    #: How long a client may stay silent in the middle of a body.
    idle_timeout_s: float = 60.0
    #: How long running answers may go on after a stop.
    drain_timeout_s: int = 10
    #: What /readyz asks the server about; "" is the server as a whole.
    health_services: tuple[str, ...] = ("", "zerokerf.database", "zerokerf.engine", "zerokerf.storage")
