"""Serves the metrics of this process to whoever scrapes them."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from zerokerf.errors import ConfigError, ZerokerfError

_FRESH_FOR_S = 5.0
_LOOK_LIMIT_S = 4.0
_DRAIN_S = 1

#: Sets gauges to what the records say.
Look = Callable[[], Awaitable[None]]

log = structlog.get_logger()


class Exposition:
    """What is asked of the records is asked every five seconds at most, by one scrape at a time."""

    def __init__(
        self,
        registry: CollectorRegistry,
        looks: Sequence[Look] = (),
        *,
        fresh_for_s: float = _FRESH_FOR_S,
        look_limit_s: float = _LOOK_LIMIT_S,
    ) -> None:
        self._registry = registry
        self._looks = looks
        self._fresh_for_s = fresh_for_s
        self._look_limit_s = look_limit_s
        self._looked_at: float | None = None
        self._seen = _seen_gauge(registry) if looks else None
        self._looking = asyncio.Lock()

    async def text(self) -> bytes:
        async with self._looking:
            if self._looked_at is None or time.monotonic() - self._looked_at >= self._fresh_for_s:
                self._looked_at = time.monotonic()
                await self._look()
        return generate_latest(self._registry)

    async def _look(self) -> None:
        # What was seen last stays, so whoever reads it is told that it is old.
        seen = [await _is_seen(look, self._look_limit_s) for look in self._looks]
        if self._seen is not None:
            self._seen.set(all(seen))

    async def answer(self, _: Request) -> Response:
        return Response(await self.text(), media_type=CONTENT_TYPE_LATEST)


async def _is_seen(look: Look, limit_s: float) -> bool:
    """A database that is away must not take the other metrics with it: they are needed most then."""
    try:
        async with asyncio.timeout(limit_s):
            await look()
    except (ZerokerfError, TimeoutError) as error:
        log.warning("records not looked at", action="metrics", why=str(error))
        return False
    return True


def _seen_gauge(registry: CollectorRegistry) -> Gauge:
    return Gauge(
        "zerokerf_records_seen", "Whether what is read from the records is fresh.", registry=registry
    )


class _QuietServer(uvicorn.Server):
    """Signals belong to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving_metrics(
    address: str | None, registry: CollectorRegistry, looks: Sequence[Look] = ()
) -> AsyncIterator[None]:
    """At http://address/metrics, to the end of the block; nowhere without an address. Raises ConfigError."""
    if address is None:
        yield
        return
    server = _QuietServer(_config(Exposition(registry, looks)))
    listener = _listen(address)
    serving = asyncio.create_task(server.serve([listener]), name="metrics")
    try:
        yield
    finally:
        server.should_exit = True
        await serving
        listener.close()


def _config(exposition: Exposition) -> uvicorn.Config:
    return uvicorn.Config(
        Starlette(routes=[Route("/metrics", exposition.answer)]),
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=20,
        timeout_graceful_shutdown=_DRAIN_S,
    )


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), int(port)), family=family)
    except OSError as error:
        why = error.strerror or error
        raise ConfigError(f"Metrics cannot be served at {address}: {why}.") from error
