"""A recording in a stream of messages: the header first, then its bytes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

from zerokerf.errors import InvalidParams
from zerokerf.v1 import batch_service_pb2

Requests = AsyncIterator[batch_service_pb2.StreamBatchJobRequest]


async def stream_header(requests: Requests) -> batch_service_pb2.StreamBatchJobHeader:
    """Raises InvalidParams unless it comes first."""
    async for request in requests:
        if request.WhichOneof("part") == "header":
            return request.header
        break
    raise InvalidParams({"header": "The first message must be a header."})


class StreamedBytes:
    """The rest of the stream, and the digest of what has passed."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Raises InvalidParams for what is no chunk."""
        async for request in self._requests:
            if request.WhichOneof("part") != "chunk":
                raise InvalidParams({"chunk": "After the header, every message must be a chunk of bytes."})
            await asyncio.to_thread(self._digest.update, request.chunk)
            yield request.chunk
