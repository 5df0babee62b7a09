"""A web server for segments that knows ranges and stops in mid-answer when it is told to."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class FileServer:
    base_url: str = ""
    contents: dict[str, bytes] = field(default_factory=dict)
    #: Bytes of a body that are sent before the connection is cut; one entry a request.
    breaks: deque[int] = field(default_factory=deque)
    #: HTTP statuses answered instead; one entry a request.
    statuses: deque[int] = field(default_factory=deque)
    knows_ranges: bool = True
    is_endless: bool = False
    #: The first byte each request asked for.
    starts: list[int] = field(default_factory=list)

    def add(self, name: str, content: bytes) -> str:
        self.contents[f"/{name}"] = content
        return f"{self.base_url}/{name}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1].partition("?")[0]
        asked = re.search(r"range: bytes=(\d+)-", head, re.IGNORECASE)
        start = int(asked[1]) if asked and self.knows_ranges else 0
        self.starts.append(int(asked[1]) if asked else 0)
        if self.statuses or path not in self.contents:
            status = self.statuses.popleft() if self.statuses else 404
            writer.write(f"HTTP/1.1 {status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        else:
            body = self.contents[path][start:]
            status = 206 if asked and self.knows_ranges else 200
            length = "" if self.is_endless else f"content-length: {len(body)}\r\n"
            writer.write(f"HTTP/1.1 {status} OK\r\n{length}connection: close\r\n\r\n".encode())
            if self.is_endless:
                await pour(writer)
            writer.write(body[: self.breaks.popleft()] if self.breaks else body)
        await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def pour(writer: asyncio.StreamWriter) -> None:
    """Bytes for as long as somebody takes them."""
    with suppress(ConnectionError):
        while True:
            writer.write(bytes(2**16))
            await writer.drain()


@asynccontextmanager
async def file_server() -> AsyncIterator[FileServer]:
    files = FileServer()
    server = await asyncio.start_server(files.answer, "127.0.0.1", 0)
    files.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield files
