"""Turns any source into blocks of one size."""

import os
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import AsyncExitStack, ExitStack, aclosing
from pathlib import Path
from typing import BinaryIO

from storage.interface import Source
from storage.threads import Threads
from zerokerf.errors import ObjectDamaged

CHUNK_BYTES = 1 << 20


async def blocks(key: str, source: Source, block_bytes: int, threads: Threads) -> AsyncGenerator[bytes, None]:
    """Blocks of exactly this size, the last one shorter. Raises what the source raises."""
    if isinstance(source, bytes):
        for start in range(0, len(source), block_bytes):
            yield source[start : start + block_bytes]
        return
    pieces = (
        _of_file(key, source, block_bytes, threads)
        if isinstance(source, Path)
        else _of_stream(source, block_bytes)
    )
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece


async def _of_stream(source: AsyncIterable[bytes], block_bytes: int) -> AsyncGenerator[bytes, None]:
    waiting = bytearray()
    async with AsyncExitStack() as stack:
        chunks = aiter(source)
        if isinstance(chunks, AsyncGenerator):
            await stack.enter_async_context(aclosing(chunks))
        async for chunk in chunks:
            waiting += chunk
            while len(waiting) >= block_bytes:
                block = bytes(memoryview(waiting)[:block_bytes])
                del waiting[:block_bytes]
                yield block
        if waiting:
            yield bytes(waiting)


async def _of_file(key: str, path: Path, block_bytes: int, threads: Threads) -> AsyncGenerator[bytes, None]:
    with ExitStack() as stack:
        file = await threads.run(_open, stack, path)
        missing_bytes = os.fstat(file.fileno()).st_size
        while block := await threads.run(file.read, block_bytes):
            missing_bytes -= len(block)
            yield block
    if missing_bytes != 0:  # somebody cut it or still writes it
        raise ObjectDamaged(key)


def _open(stack: ExitStack, path: Path) -> BinaryIO:
    """The stack gets the file even when nobody waits for this call any more."""
    return stack.enter_context(path.open("rb"))
