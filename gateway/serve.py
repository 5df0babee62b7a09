"""Runs the gateway in the current event loop, until told to stop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from gateway.app import create_app
from gateway.config import GatewayConfig
from gateway.patience import patient, unambiguous


class _EmbeddedServer(uvicorn.Server):
    """Signals belong to the process, not to one of its servers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def serve_gateway(config: GatewayConfig, host: str, port: int) -> AsyncIterator[tuple[str, int]]:
    """Serves from entering, at the address it gives, to leaving; running answers may end first.

    Port 0 picks a free one. Raises OSError when the address is taken.
    """
    draining = asyncio.Event()
    listener = _listen(host, port)
    server = _EmbeddedServer(_uvicorn_config(config, draining))
    serving = asyncio.create_task(server.serve([listener]))
    try:
        await _either(serving, server.ready)
        bound = listener.getsockname()
        yield bound[0], bound[1]
    finally:
        draining.set()
        server.should_exit = True
        await serving


def _uvicorn_config(config: GatewayConfig, draining: asyncio.Event) -> uvicorn.Config:
    return uvicorn.Config(
        unambiguous(create_app(config, draining)),
        http=patient(config.idle_timeout_s),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=config.max_header_bytes,
        limit_concurrency=config.max_connections,
        timeout_graceful_shutdown=config.drain_timeout_s,
    )


async def _either(serving: asyncio.Task[None], ready: asyncio.Event) -> None:
    """Returns when the server is ready; raises what ended it before that."""
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if serving.done():
        serving.result()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)
