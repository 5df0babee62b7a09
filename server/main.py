"""Entry points: what each process is made of, and how it starts and stops."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from gateway.config import GatewayConfig, LocalFiles
from gateway.serve import serve_gateway
from server.accounts.api_keys import ApiKeys
from server.accounts.bootstrap import ensure_bootstrap
from server.accounts.quotas import Quotas
from server.api.batch_files import BatchFiles
from server.api.batch_service import BatchService
from server.api.desk import Desk
from server.api.grpc_server import Tls, running_grpc_server
from server.api.segment_files import SegmentFiles
from server.api.split_service import SplitService
from server.api.upload_service import UploadService
from server.fetch.guard import AddressPolicy
from server.jobs.batch_jobs import BatchJobs
from server.jobs.open_work import OpenWork
from server.jobs.reconciler import reconcile_forever, rounds_of_jobs
from server.jobs.split_jobs import SplitJobs
from server.logs import configure_logs
from server.memory import share_freed_memory
from server.parts import Ground, open_ground, open_models, open_storage, signing_key
from server.settings import Settings
from server.speech.models import Models
from server.start_worker import start_worker
from server.upkeep import keep_up_forever
from storage.address import object_uri, parse_address
from storage.local import LocalStore
from zerokerf.channel import Tls as ClientTls
from zerokerf.channel import open_channel
from zerokerf.errors import ConfigError

log = structlog.get_logger()


async def serve(settings: Settings) -> None:
    """Server, gateway and worker in this process, with everything they need."""
    async with _process(settings) as (stack, stopped):
        ground = await stack.enter_async_context(open_ground(settings, owns_engine=True))
        await start_worker(stack, settings, ground)
        fresh_key = await _start_server(stack, settings, ground, stopped)
        await _start_gateway(stack, settings)
        _say_ready(settings, fresh_key, grpc_at=settings.grpc_address, rest_at=settings.rest_address)
        await stopped.wait()


async def server(settings: Settings) -> None:
    """The gRPC server, with the embedded engine unless an address of one is configured."""
    async with _process(settings) as (stack, stopped):
        ground = await stack.enter_async_context(open_ground(settings, owns_engine=True))
        fresh_key = await _start_server(stack, settings, ground, stopped)
        _say_ready(settings, fresh_key, grpc_at=settings.grpc_address)
        await stopped.wait()


async def gateway(settings: Settings) -> None:
    """The REST gateway, which calls the server like any other client."""
    async with _process(settings) as (stack, stopped):
        await _start_gateway(stack, settings)
        _say_ready(settings, None, rest_at=settings.rest_address)
        await stopped.wait()


async def worker(settings: Settings) -> None:
    """A worker. Finds the embedded engine of the same data folder, or the configured one."""
    async with _process(settings) as (stack, stopped):
        ground = await stack.enter_async_context(open_ground(settings, owns_engine=False))
        await start_worker(stack, settings, ground)
        _say_ready(settings, None)
        await stopped.wait()


class Stopped:
    """Set when the process should end: by a signal, or by a part that failed, whose error then surfaces."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._error: BaseException | None = None

    def stop(self, error: BaseException | None = None) -> None:
        self._error = self._error or error
        self._event.set()

    async def wait(self) -> None:
        await self._event.wait()
        if self._error is not None:
            raise self._error


@asynccontextmanager
async def _process(settings: Settings) -> AsyncIterator[tuple[AsyncExitStack, Stopped]]:
    share_freed_memory()
    configure_logs(settings.log_level, settings.log_format)
    stopped = Stopped()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.stop)
    try:
        async with AsyncExitStack() as stack:
            yield stack, stopped
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _start_server(
    stack: AsyncExitStack, settings: Settings, ground: Ground, stopped: Stopped
) -> str | None:
    """Yields the API key that was made at the first start, once."""
    configured = settings.bootstrap_api_key
    fresh_key = await ensure_bootstrap(ground.database, configured.get_secret_value() if configured else None)
    engine = ground.engine
    jobs = SplitJobs(ground.records, engine, ground.uploads, ground.wakeups, ground.afterwards)
    policy = AddressPolicy(settings.fetch_allow)
    desk = Desk(Quotas(ground.database), settings.webhook_progress_bytes)
    rounds = rounds_of_jobs(OpenWork(ground.database), engine, ground.afterwards.admission)
    reconciling = reconcile_forever(rounds)
    await stack.enter_async_context(_owned(reconciling, "reconciler", stopped))
    upkeep = keep_up_forever(ground.database, ground.storage.store, ground.storage.sweeper)
    await stack.enter_async_context(_owned(upkeep, "upkeep", stopped))
    models = await open_models(settings)
    running = running_grpc_server(
        settings.grpc_address,
        batches=_batch_service(settings, ground, policy, models, desk),
        splits=SplitService(jobs, SegmentFiles(ground.storage.signer), policy, models, desk),
        uploads=UploadService(ground.uploads),
        authenticator=ApiKeys(ground.database),
        probes={
            "database": ground.database.check,
            "engine": engine.check,
            "storage": ground.storage.store.check,
        },
        tls=_tls(settings),
    )
    await stack.enter_async_context(running)
    return fresh_key


def _batch_service(
    settings: Settings, ground: Ground, policy: AddressPolicy, models: Models, desk: Desk
) -> BatchService:
    jobs = BatchJobs(ground.batches, ground.engine, ground.recordings, ground.wakeups, ground.afterwards)
    files = BatchFiles(ground.storage.signer, partial(object_uri, parse_address(settings.storage)))
    return BatchService(jobs, ground.recordings, files, policy, models, desk)


async def _start_gateway(stack: AsyncExitStack, settings: Settings) -> None:
    host, _, port = settings.rest_address.rpartition(":")
    tls = await asyncio.to_thread(_client_tls, settings)
    config = GatewayConfig(
        open_channel=partial(open_channel, settings.server_target, tls),
        public_url=settings.public_base_url,
        files=await _local_files(stack, settings),
        max_upload_bytes=settings.max_source_bytes,
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


@asynccontextmanager
async def _owned(work: Coroutine[Any, Any, None], name: str, stopped: Stopped) -> AsyncIterator[None]:
    """Run beside the block; end with it. A failure stops the process instead of passing unseen."""
    task = asyncio.create_task(work, name=name)

    def surface(done: asyncio.Task[None]) -> None:
        if not done.cancelled() and done.exception() is not None:
            stopped.stop(done.exception())

    task.add_done_callback(surface)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _client_tls(settings: Settings) -> ClientTls | None:
    if settings.server_ca_file is None:
        return None
    try:
        return ClientTls(settings.server_ca_file.read_bytes(), settings.server_name)
    except OSError as error:
        raise ConfigError(f"ZEROKERF_SERVER_CA_FILE cannot be read: {error.strerror}.") from error


def _tls(settings: Settings) -> Tls | None:
    cert, key = settings.grpc_tls_cert_file, settings.grpc_tls_key_file
    return Tls(cert, key) if cert is not None and key is not None else None


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
