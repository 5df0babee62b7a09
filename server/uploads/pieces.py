"""A stream of small chunks as pieces large enough to store."""

from collections.abc import AsyncGenerator, AsyncIterator


async def pieces(chunks: AsyncIterator[bytes], size_bytes: int) -> AsyncGenerator[bytes, None]:
    """Pieces of exactly that size, and what is left once the stream has ended. Empty streams give none."""
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        while len(waiting) >= size_bytes:
            yield bytes(waiting[:size_bytes])
            del waiting[:size_bytes]
    if waiting:
        yield bytes(waiting)


async def limited(
    chunks: AsyncIterator[bytes], limit_bytes: int, too_large: Exception
) -> AsyncGenerator[bytes, None]:
    """The same chunks; raises before the one that goes over the limit."""
    total = 0
    async for chunk in chunks:
        total += len(chunk)
        if total > limit_bytes:
            raise too_large
        yield chunk
