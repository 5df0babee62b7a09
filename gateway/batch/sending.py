"""Passes a recording on to the server while it arrives."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

import grpc

from gateway.backend import Caller
from zerokerf.call_ending import ending_of
from zerokerf.errors import InvalidParams, ServiceUnreachable
from zerokerf.v1.upload_pb2 import Upload
from zerokerf.v1.upload_service_pb2 import (
    CreateUploadRequest,
    WriteUploadHeader,
    WriteUploadRequest,
    WriteUploadResponse,
)

_MESSAGE_BYTES = 512 << 10
_WriteCall = grpc.aio.StreamUnaryCall[WriteUploadRequest, WriteUploadResponse]


@dataclass(frozen=True, slots=True)
class Sent:
    """An upload that holds a recording, and the hash of that."""

    upload_id: str
    sha256: str


async def send_recording(
    caller: Caller, file_name: str, content_type: str, chunks: AsyncIterator[bytes]
) -> Sent:
    """All the chunks as an upload. Raises InvalidParams if there are none.

    Raises what reading them raises, ServiceUnreachable, or AioRpcError with the server's own words.
    """
    request = CreateUploadRequest(file_name=file_name.strip() or "upload", content_type=content_type)
    uploads = caller.backend.uploads
    made = await uploads.CreateUpload(request, metadata=caller.metadata, timeout=caller.timeout_s)
    upload_id = made.upload.id
    digest = hashlib.sha256()
    content = _hashed(messages(chunks, _MESSAGE_BYTES), digest)
    written = await _write(caller, WriteUploadHeader(upload_id=upload_id), content)
    if not written.committed_size:
        raise InvalidParams({"file": "file is empty"})
    # The end is declared by a call of its own, when every byte is known to be there: a server can't
    # always tell a stream that was cut off from one that is complete.
    end = WriteUploadHeader(upload_id=upload_id, offset=written.committed_size, finish=True)
    finished = await _write(caller, end, _nothing())
    return Sent(finished.id, digest.hexdigest())


async def _hashed(chunks: AsyncIterator[bytes], digest: "hashlib._Hash") -> AsyncGenerator[bytes, None]:
    async for chunk in chunks:
        await asyncio.to_thread(digest.update, chunk)
        yield chunk


async def messages(chunks: AsyncIterator[bytes], size_bytes: int) -> AsyncGenerator[bytes, None]:
    """The same bytes in fewer chunks, each but the last of at least that size."""
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        if len(waiting) >= size_bytes:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


async def _write(caller: Caller, header: WriteUploadHeader, chunks: AsyncIterator[bytes]) -> Upload:
    stall_s = caller.backend.config.idle_timeout_s
    call = caller.backend.uploads.WriteUpload(metadata=caller.metadata)
    async with ending_of(call) as ending:
        try:
            await _send_all(call, header, chunks, stall_s)
            async with asyncio.timeout(stall_s):
                return (await call).upload
        except TimeoutError as error:
            raise ServiceUnreachable from error
        except grpc.aio.AioRpcError as error:
            raise await ending.error(error) from error


async def _send_all(
    call: _WriteCall, header: WriteUploadHeader, chunks: AsyncIterator[bytes], stall_s: float
) -> None:
    try:
        await _send(call, WriteUploadRequest(header=header), stall_s)
        async for chunk in chunks:
            await _send(call, WriteUploadRequest(chunk=chunk), stall_s)
        await call.done_writing()
    except (asyncio.InvalidStateError, grpc.aio.AioRpcError):
        pass  # The server ended the call before it had everything; its answer will say why.


async def _send(call: _WriteCall, message: WriteUploadRequest, stall_s: float) -> None:
    async with asyncio.timeout(stall_s):
        await call.write(message)


async def _nothing() -> AsyncIterator[bytes]:
    chunks: tuple[bytes, ...] = ()
    for chunk in chunks:
        yield chunk
