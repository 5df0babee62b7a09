"""A TCP proxy that breaks its first connection after so many bytes, and is honest from then on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_CHUNK_BYTES = 1 << 16


class BreakingProxy:
    def __init__(self, upstream: str, break_after_bytes: int) -> None:
        self._host, _, self._port = upstream.rpartition(":")
        self._left_bytes = break_after_bytes
        self.address = ""
        self.sent_bytes = 0
        self.breaks = 0

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(self._host, int(self._port))
        there = asyncio.create_task(self._send(reader, upstream_writer))
        back = asyncio.create_task(_copy(upstream_reader, writer))
        try:
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (there, back):
                task.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            writer.transport.abort()
            upstream_writer.transport.abort()

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
            self.sent_bytes += len(chunk)
            if not self.breaks and self.sent_bytes >= self._left_bytes:
                self.breaks += 1
                return


@asynccontextmanager
async def breaking_proxy(upstream: str, break_after_bytes: int) -> AsyncIterator[BreakingProxy]:
    proxy = BreakingProxy(upstream, break_after_bytes)
    connections: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(proxy.connect(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    proxy.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        for task in (open_ones := list(connections)):
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
