"""Sends a file to the server and goes on from the committed bytes whenever the connection breaks."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import grpc

from zerokerf.call_ending import ending_of
from zerokerf.calls import Attempts, Caller, OnProgress
from zerokerf.errors import (
    FileChanged,
    ServiceUnreachable,
    Unavailable,
    UploadComplete,
    UploadOffsetMismatch,
    ZerokerfError,
)
from zerokerf.status import from_rpc_error
from zerokerf.v1.upload_pb2 import Upload
from zerokerf.v1.upload_service_pb2 import (
    CreateUploadRequest,
    GetUploadRequest,
    WriteUploadHeader,
    WriteUploadRequest,
    WriteUploadResponse,
)

if TYPE_CHECKING:
    from zerokerf.v1.upload_service_pb2_grpc import UploadServiceAsyncStub  # exists for type checkers only

CHUNK_BYTES = 2**20
_WriteCall = grpc.aio.StreamUnaryCall[WriteUploadRequest, WriteUploadResponse]


async def upload_file(
    uploads: "UploadServiceAsyncStub", caller: Caller, path: Path, on_progress: OnProgress, request_id: str
) -> Upload:
    """The finished upload. Raises OSError if the file can't be read, FileChanged if it shrinks meanwhile."""
    file = await asyncio.to_thread(path.open, "rb")
    try:
        size = (await asyncio.to_thread(path.stat)).st_size
        request = CreateUploadRequest(file_name=path.name, size=size, request_id=request_id)
        upload = (await caller.unary(uploads.CreateUpload, request)).upload
        return await _Transfer(uploads, caller, file, size, on_progress).run(upload)
    finally:
        await asyncio.to_thread(file.close)


class _Transfer:
    """One file on its way."""

    def __init__(
        self,
        uploads: "UploadServiceAsyncStub",
        caller: Caller,
        file: BinaryIO,
        size: int,
        on_progress: OnProgress,
    ) -> None:
        self._uploads = uploads
        self._caller = caller
        self._file = file
        self._size = size
        self._on_progress = on_progress
        self._furthest = 0

    async def run(self, upload: Upload) -> Upload:
        attempts = self._caller.stream_attempts()
        while not upload.complete:
            try:
                upload = await self._advance(upload)
            except ZerokerfError as error:
                upload = await self._after(error, upload, attempts)
        self._report(self._size)
        return upload

    async def _advance(self, upload: Upload) -> Upload:
        # The end is declared by a call of its own, when every byte is known to be there: a server can't
        # always tell a stream that was cut off from one that is complete.
        offset = upload.committed_size
        header = WriteUploadHeader(upload_id=upload.id, offset=offset, finish=offset == self._size)
        now = await self._write(header)
        if now.committed_size <= offset and not now.complete:
            raise Unavailable("The upload")
        return now

    async def _after(self, failure: ZerokerfError, upload: Upload, attempts: Attempts) -> Upload:
        """The upload as the server has it now, as soon as the server can be asked."""
        while True:
            await attempts.failed(failure)
            try:
                now = await self._state_of(upload.id)
            except ZerokerfError as error:
                failure = error
                continue
            if now.committed_size > upload.committed_size:
                attempts.progressed()
            return now

    async def _state_of(self, upload_id: str) -> Upload:
        response = await self._caller.unary(self._uploads.GetUpload, GetUploadRequest(id=upload_id))
        return response.upload

    async def _write(self, header: WriteUploadHeader) -> Upload:
        call = self._uploads.WriteUpload(metadata=self._caller.metadata)
        async with ending_of(call) as ending:
            try:
                await self._send_all(call, header)
                async with asyncio.timeout(self._caller.patience.stall_timeout_s):
                    return (await call).upload
            except TimeoutError as error:
                raise ServiceUnreachable from error
            except grpc.aio.AioRpcError as error:
                raise _typed(await ending.error(error)) from error

    async def _send_all(self, call: _WriteCall, header: WriteUploadHeader) -> None:
        try:
            await self._send(call, WriteUploadRequest(header=header))
            await self._send_from(call, header.offset)
            await call.done_writing()
        except (asyncio.InvalidStateError, grpc.aio.AioRpcError):
            pass  # The server ended the call before it had everything; its answer will say why.

    async def _send_from(self, call: _WriteCall, offset: int) -> None:
        await asyncio.to_thread(self._file.seek, offset)
        while offset < self._size:
            chunk = await asyncio.to_thread(self._file.read, min(CHUNK_BYTES, self._size - offset))
            if not chunk:
                raise FileChanged(Path(self._file.name).name)
            await self._send(call, WriteUploadRequest(chunk=chunk))
            offset += len(chunk)
            self._report(offset)

    async def _send(self, call: _WriteCall, message: WriteUploadRequest) -> None:
        async with asyncio.timeout(self._caller.patience.stall_timeout_s):
            await call.write(message)

    def _report(self, offset: int) -> None:
        self._furthest = max(self._furthest, offset)
        self._on_progress(self._furthest, self._size)


def _typed(error: grpc.aio.AioRpcError) -> ZerokerfError:
    reported = from_rpc_error(error)
    # What a lost call did after we had asked for its effect: asking again mends it.
    was_late = isinstance(reported, UploadOffsetMismatch | UploadComplete)
    return Unavailable("The upload") if was_late else reported
