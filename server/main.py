"""Entry points: what each process is made of, and how it starts and stops."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import structlog

from gateway.config import GatewayConfig, LocalFiles
from gateway.observe import RequestMetrics
from gateway.serve import serve_gateway
from server.database.migrate import migrate as migrate_database
from server.database.open import open_database
from server.logs import configure_logs
from server.memory import share_freed_memory
from server.observe.exposition import serving_metrics
from server.observe.metrics import Metrics
from server.observe.observing import Observing
from server.observe.tracing import open_tracing
from server.parts import Ground, open_ground, open_storage, signing_key
from server.pem_files import read_pem_if_named
from server.process import Stopped, owned
from server.settings import Settings
from server.start_server import start_server
from server.start_worker import start_worker
from storage.local import LocalStore
from zerokerf.channel import Tls as ClientTls
from zerokerf.channel import open_channel
from zerokerf.errors import ConfigError

log = structlog.get_logger()


async def serve(settings: Settings) -> None:
    """Server, gateway and worker in this process, with everything they need."""
    async with _process(settings, "serve") as (stack, stopped, observing):
        ground = await stack.enter_async_context(open_ground(settings, observing, owns_engine=True))
        await start_worker(stack, settings, ground)
        fresh_key = await start_server(stack, settings, ground, stopped)
        await _start_gateway(stack, settings, observing)
        await _serve_metrics(stack, settings, observing, ground)
        _say_ready(settings, fresh_key, grpc_at=settings.grpc_address, rest_at=settings.rest_address)
        await stopped.wait()


async def server(settings: Settings) -> None:
    """The gRPC server, with the embedded engine unless an address of one is configured."""
    async with _process(settings, "server") as (stack, stopped, observing):
        ground = await stack.enter_async_context(open_ground(settings, observing, owns_engine=True))
        fresh_key = await start_server(stack, settings, ground, stopped)
        await _serve_metrics(stack, settings, observing, ground)
        _say_ready(settings, fresh_key, grpc_at=settings.grpc_address)
        await stopped.wait()


async def gateway(settings: Settings) -> None:
    """The REST gateway, which calls the server like any other client."""
    async with _process(settings, "gateway") as (stack, stopped, observing):
        await _start_gateway(stack, settings, observing)
        await _serve_metrics(stack, settings, observing)
        _say_ready(settings, None, rest_at=settings.rest_address)
        await stopped.wait()


async def worker(settings: Settings) -> None:
    """A worker. Finds the embedded engine of the same data folder, or the configured one."""
    async with _process(settings, "worker") as (stack, stopped, observing):
        ground = await stack.enter_async_context(open_ground(settings, observing, owns_engine=False))
        await start_worker(stack, settings, ground)
        await _serve_metrics(stack, settings, observing)
        _say_ready(settings, None)
        await stopped.wait()


async def migrate(settings: Settings) -> None:
    """The database gets the tables of this version, and nothing else happens. Several may do it at once."""
    configure_logs(settings.log_level, settings.log_format)
    async with open_database(settings.database) as database:
        await migrate_database(database)


@asynccontextmanager
async def _process(settings: Settings, part: str) -> AsyncIterator[tuple[AsyncExitStack, Stopped, Observing]]:
    share_freed_memory()
    configure_logs(settings.log_level, settings.log_format)
    stopped = Stopped()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.stop)
    try:
        async with AsyncExitStack() as stack:
            tracer = await stack.enter_async_context(open_tracing(settings.otlp_endpoint, part))
            metrics = Metrics.fresh()
            measuring = metrics.loop_lag.measure_forever()
            await stack.enter_async_context(owned(measuring, "event loop lag", stopped))
            yield stack, stopped, Observing(metrics, tracer)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _serve_metrics(
    stack: AsyncExitStack, settings: Settings, observing: Observing, ground: Ground | None = None
) -> None:
    """With `ground`, also what the records say: servers do, which have to do with all of them."""
    looks = () if ground is None else (ground.look,)
    serving = serving_metrics(settings.metrics_address, observing.metrics.registry, looks)
    await stack.enter_async_context(serving)


async def _start_gateway(stack: AsyncExitStack, settings: Settings, observing: Observing) -> None:
    host, _, port = settings.rest_address.rpartition(":")
    tls = await asyncio.to_thread(_client_tls, settings)
    config = GatewayConfig(
        open_channel=partial(open_channel, settings.server_target, tls),
        public_url=settings.public_base_url,
        files=await _local_files(stack, settings),
        max_upload_bytes=settings.max_source_bytes,
        observer=RequestMetrics(observing.metrics.registry),
        tracer=observing.tracer,
    )
    try:
        await stack.enter_async_context(serve_gateway(config, host.strip("[]"), int(port)))
    except OSError as error:
        raise ConfigError(
            f"The gateway cannot listen on {settings.rest_address}: {error.strerror or error}."
        ) from error


async def _local_files(stack: AsyncExitStack, settings: Settings) -> LocalFiles | None:
    opened = await stack.enter_async_context(open_storage(settings))
    if not isinstance(opened.store, LocalStore):
        return None
    key = await asyncio.to_thread(signing_key, settings)
    return LocalFiles(store=opened.store, signing_keys=(key,))


def _client_tls(settings: Settings) -> ClientTls | None:
    """Either file says that the server is to be called with TLS."""
    if settings.server_ca_file is None and settings.client_cert_file is None:
        return None
    return ClientTls(
        read_pem_if_named(settings.server_ca_file),
        settings.server_name,
        certificate_chain=read_pem_if_named(settings.client_cert_file),
        private_key=read_pem_if_named(settings.client_key_file),
    )


def _say_ready(
    settings: Settings, fresh_key: str | None, *, grpc_at: str | None = None, rest_at: str | None = None
) -> None:
    lines = ["Zerokerf is ready."]
    if grpc_at:
        lines.append(f"  gRPC     {grpc_at}")
    if rest_at:
        lines.append(f"  REST     http://{rest_at}   (documentation at /docs)")
    lines.append(f"  Data     {Path(settings.data_dir).absolute()}")
    if fresh_key:
        lines.append(f"  API key  {fresh_key}   (shown only this once)")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
