"""A gateway of a test's own, for as long as it needs one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from gateway.config import GatewayConfig
from gateway.serve import serve_gateway
from tests.gateway.admission import KEY


@asynccontextmanager
async def client_of(config: GatewayConfig) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a good key for both dialects."""
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        serve_gateway(config, "127.0.0.1", 0) as (host, port),
        httpx.AsyncClient(base_url=f"http://{host}:{port}", headers=headers) as client,
    ):
        yield client
