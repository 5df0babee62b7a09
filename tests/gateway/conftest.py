"""A gateway on a real socket in front of a service in memory behind another one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import grpc
import httpx
import pytest
import pytest_asyncio
from grpc_health.v1.health import aio as health_aio
from grpc_health.v1.health_pb2 import HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server

from gateway.config import GatewayConfig, LocalFiles
from gateway.serve import serve_gateway
from storage.local import LocalStore
from storage.signed_links import LocalSigner
from tests.gateway.account.memory_accounts import TOKEN, MemoryAccounts
from tests.gateway.account.memory_webhooks import MemoryWebhooks
from tests.gateway.admission import KEY
from tests.gateway.batch.memory_service import MemoryBatchService
from tests.gateway.memory_limits import MemoryLimits
from tests.gateway.memory_service import MemoryService
from zerokerf.channel import open_channel
from zerokerf.v1.account_service_pb2_grpc import add_AccountServiceServicer_to_server
from zerokerf.v1.batch_service_pb2_grpc import add_BatchServiceServicer_to_server
from zerokerf.v1.split_service_pb2_grpc import add_SplitServiceServicer_to_server
from zerokerf.v1.upload_service_pb2_grpc import add_UploadServiceServicer_to_server
from zerokerf.v1.webhook_service_pb2_grpc import add_WebhookServiceServicer_to_server

SIGNING_KEY = b"a key for tests, thirty-two bytes"
PARTS = ("", "zerokerf.database", "zerokerf.engine", "zerokerf.storage")


@dataclass(frozen=True)
class Setup:
    """What one running gateway is made of."""

    config: GatewayConfig
    health: health_aio.HealthServicer
    base_url: str
    store: LocalStore
    folder: Path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def service() -> MemoryService:
    return MemoryService()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def setup(service: MemoryService, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Setup]:
    folder = tmp_path_factory.mktemp("objects")
    async with AsyncExitStack() as stack:
        store = LocalStore(folder)
        stack.push_async_callback(store.aclose)
        await store.prepare()
        health = health_aio.HealthServicer()
        port = await _start(stack, service, health)
        config = GatewayConfig(
            open_channel=partial(open_channel, f"127.0.0.1:{port}", None),
            public_url="https://files.example.com",
            files=LocalFiles(store, (SIGNING_KEY,)),
            max_upload_bytes=3 << 20,
            ping_s=0.05,
            idle_timeout_s=1,
        )
        host, rest_port = await stack.enter_async_context(serve_gateway(config, "127.0.0.1", 0))
        yield Setup(config, health, f"http://{host}:{rest_port}", store, folder)


async def _start(stack: AsyncExitStack, service: MemoryService, health: health_aio.HealthServicer) -> int:
    server = grpc.aio.server()
    add_SplitServiceServicer_to_server(service, server)
    add_UploadServiceServicer_to_server(service, server)
    add_HealthServicer_to_server(health, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    stack.push_async_callback(server.stop, None)
    return port


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def clean(service: MemoryService, setup: Setup) -> None:
    await service.watched(0)
    service.reset()
    for part in PARTS:
        await setup.health.set(part, HealthCheckResponse.SERVING)


@pytest_asyncio.fixture(loop_scope="session")
async def http(setup: Setup) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a good key."""
    async with httpx.AsyncClient(base_url=setup.base_url, headers={"X-API-Key": KEY}, timeout=10) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(setup: Setup) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with httpx.AsyncClient(base_url=setup.base_url, timeout=10) as client:
        yield client


@pytest.fixture
def signer(setup: Setup) -> LocalSigner:
    return LocalSigner(setup.config.public_url, SIGNING_KEY)


@pytest.fixture(scope="session")
def lonely(setup: Setup) -> GatewayConfig:
    """A gateway whose server is not there."""
    return replace(
        setup.config, open_channel=partial(open_channel, "127.0.0.1:1", None), call_timeout_s=2, files=None
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def accounts() -> MemoryAccounts:
    return MemoryAccounts()


# ---- transcription


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def batch() -> MemoryBatchService:
    return MemoryBatchService()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def batch_config(batch: MemoryBatchService, accounts: MemoryAccounts) -> AsyncIterator[GatewayConfig]:
    server = grpc.aio.server()
    add_AccountServiceServicer_to_server(accounts, server)
    add_BatchServiceServicer_to_server(batch, server)
    add_UploadServiceServicer_to_server(batch, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield GatewayConfig(
        open_channel=partial(open_channel, f"127.0.0.1:{port}", None),
        public_url="https://files.example.com",
        max_recording_bytes=3 << 20,
        max_inline_bytes=1 << 20,
        ping_s=0.05,
        idle_timeout_s=1,
        call_timeout_s=3,
    )
    await server.stop(None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def batch_url(batch_config: GatewayConfig) -> AsyncIterator[str]:
    async with serve_gateway(batch_config, "127.0.0.1", 0) as (host, port):
        yield f"http://{host}:{port}"


@pytest_asyncio.fixture(loop_scope="session")
async def client(batch_url: str, batch: MemoryBatchService) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the transcription API with a good key."""
    await batch.watched(0)
    batch.reset()
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=batch_url, headers=headers, timeout=10) as made:
        yield made


# ---- accounts: a whole service behind a limit of requests


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def webhooks() -> MemoryWebhooks:
    return MemoryWebhooks()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def limits() -> MemoryLimits:
    return MemoryLimits()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def whole_url(
    service: MemoryService,
    batch: MemoryBatchService,
    accounts: MemoryAccounts,
    webhooks: MemoryWebhooks,
    limits: MemoryLimits,
) -> AsyncIterator[str]:
    server = grpc.aio.server(interceptors=[limits])
    add_SplitServiceServicer_to_server(service, server)
    add_UploadServiceServicer_to_server(service, server)
    add_BatchServiceServicer_to_server(batch, server)
    add_AccountServiceServicer_to_server(accounts, server)
    add_WebhookServiceServicer_to_server(webhooks, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    channel = partial(open_channel, f"127.0.0.1:{port}", None)
    config = GatewayConfig(open_channel=channel, public_url="https://files.example.com", idle_timeout_s=1)
    async with serve_gateway(config, "127.0.0.1", 0) as (host, rest_port):
        yield f"http://{host}:{rest_port}"
    await server.stop(None)


@pytest_asyncio.fixture(loop_scope="session")
async def anyone(
    whole_url: str, accounts: MemoryAccounts, webhooks: MemoryWebhooks, limits: MemoryLimits
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole service, without key or token."""
    for part in (accounts, webhooks, limits):
        part.reset()
    async with httpx.AsyncClient(base_url=whole_url, timeout=10) as made:
        yield made


@pytest.fixture
def manager(anyone: httpx.AsyncClient) -> httpx.AsyncClient:
    """The same, with a good token."""
    anyone.headers["Authorization"] = f"Bearer {TOKEN}"
    return anyone
