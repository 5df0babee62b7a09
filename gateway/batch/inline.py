"""A recording inside of a JSON body."""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator

from gateway.backend import Caller
from gateway.batch.sending import Sent, send_recording
from zerokerf.errors import FileTooLarge, InvalidParams

_SLICE_BYTES = 512 << 10


def encoded_bytes(size_bytes: int) -> int:
    """How long so many bytes are in base64."""
    return -(-size_bytes // 3) * 4


async def send_inline(caller: Caller, file_name: str, encoded: str) -> Sent:
    """An upload that holds it. Raises InvalidParams for what is not standard base64."""
    content = await asyncio.to_thread(_decoded, encoded)
    most = caller.backend.config.max_inline_bytes
    if len(content) > most:
        raise FileTooLarge(most)
    return await send_recording(caller, file_name, "", _slices(content))


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidParams({"input_base64": "input_base64 is not valid base64"}) from error


async def _slices(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _SLICE_BYTES):
        yield content[start : start + _SLICE_BYTES]
