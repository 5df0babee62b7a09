"""The bytes of a request's body as they arrive, within limits of size and silence."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from fastapi import Request

from zerokerf.errors import FileTooLarge, InvalidParams


async def arriving(request: Request, idle_timeout_s: float) -> AsyncGenerator[bytes, None]:
    """Raises ClientDisconnect when the client leaves, so that a broken body is never a whole one."""
    chunks = request.stream()
    while (chunk := await _next(chunks, idle_timeout_s)) is not None:
        yield chunk


async def at_most(chunks: AsyncIterator[bytes], limit_bytes: int) -> AsyncGenerator[bytes, None]:
    """The same chunks. Raises FileTooLarge before the one that goes over the limit."""
    size_bytes = 0
    async for chunk in chunks:
        size_bytes += len(chunk)
        if size_bytes > limit_bytes:
            raise FileTooLarge(limit_bytes)
        yield chunk


async def _next(chunks: AsyncGenerator[bytes, None], idle_timeout_s: float) -> bytes | None:
    try:
        async with asyncio.timeout(idle_timeout_s):
            return await anext(chunks, None)
    except TimeoutError:
        raise InvalidParams({"body": f"Nothing arrived for {idle_timeout_s:g} s."}) from None
