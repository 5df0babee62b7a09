"""The gRPC server: our services, health and reflection on one address."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from opentelemetry.trace import Tracer

from server.accounts.rate_limits import RateLimits
from server.api.account_service import AccountService
from server.api.batch_service import BatchService
from server.api.health import SERVICES, HealthWatch, Probe
from server.api.interceptors import Authenticator, CallInterceptor, CallObserver
from server.api.split_service import SplitService
from server.api.upload_service import UploadService
from server.api.webhook_service import WebhookService
from zerokerf.errors import ConfigError
from zerokerf.v1 import (
    account_service_pb2_grpc,
    batch_service_pb2_grpc,
    split_service_pb2_grpc,
    upload_service_pb2_grpc,
    webhook_service_pb2_grpc,
)

#: How long open calls may go on after a stop was asked for.
DRAIN_S = 10.0

OPTIONS = (
    # A second server on the same port would answer half of the calls.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 4 * 2**20),
    # A job of 5000 segments, each with links to itself and to what is said in it.
    ("grpc.max_send_message_length", 64 * 2**20),
    ("grpc.max_concurrent_streams", 2000),
    # Calls that wait to be begun; by default a burst of over a thousand is thinned out at random.
    ("grpc.server.max_pending_requests", 4000),
    ("grpc.server.max_pending_requests_hard_limit", 8000),
    ("grpc.max_metadata_size", 16 * 2**10),
    # Idle watches live through proxies, which often cut after 60 s: both sides may ping every 20 s.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 15_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 15_000),
)


@dataclass(frozen=True, slots=True)
class Tls:
    """In PEM. With `client_roots` only clients with a certificate that one of them signed are let in."""

    certificate_chain: bytes
    private_key: bytes
    client_roots: bytes | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """All that can be called."""

    splits: SplitService
    batches: BatchService
    uploads: UploadService
    accounts: AccountService
    webhooks: WebhookService

    def add_to(self, server: grpc.aio.Server) -> None:
        split_service_pb2_grpc.add_SplitServiceServicer_to_server(self.splits, server)
        batch_service_pb2_grpc.add_BatchServiceServicer_to_server(self.batches, server)
        upload_service_pb2_grpc.add_UploadServiceServicer_to_server(self.uploads, server)
        account_service_pb2_grpc.add_AccountServiceServicer_to_server(self.accounts, server)
        webhook_service_pb2_grpc.add_WebhookServiceServicer_to_server(self.webhooks, server)


@asynccontextmanager
async def running_grpc_server(
    address: str,
    *,
    services: Services,
    authenticator: Authenticator,
    rate_limits: RateLimits | None = None,
    probes: Mapping[str, Probe],
    tls: Tls | None,
    observer: CallObserver | None = None,
    tracer: Tracer | None = None,
) -> AsyncIterator[int]:
    """Serve until the end of the block, then drain. Yields the port. Raises ConfigError if it is taken."""
    interceptor = CallInterceptor(authenticator, rate_limits, observer=observer, tracer=tracer)
    server = grpc.aio.server(interceptors=[interceptor], options=OPTIONS)
    services.add_to(server)
    health_servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    names = (*SERVICES, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
    port = await _bind(server, address, tls)
    watch = HealthWatch(health_servicer, probes)
    await watch.look()  # who connects at once learns how things are, not that nobody has looked
    await server.start()
    watcher = asyncio.create_task(watch.look_forever(), name="health")
    try:
        yield port
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)
        await health_servicer.enter_graceful_shutdown()
        await server.stop(DRAIN_S)


async def _bind(server: grpc.aio.Server, address: str, tls: Tls | None) -> int:
    try:
        if tls is None:
            return server.add_insecure_port(address)
        return server.add_secure_port(address, _credentials(tls))
    except RuntimeError as error:
        why = "the port is taken or not this machine's"
        if tls is not None:
            why += ", or its certificate or key is none"
        raise ConfigError(f"The gRPC server cannot listen on {address}: {why}.") from error


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials(
        [(tls.private_key, tls.certificate_chain)],
        root_certificates=tls.client_roots,
        require_client_auth=tls.client_roots is not None,
    )
