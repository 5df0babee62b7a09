"""UploadService: takes files in, in one request or in resumable pieces."""

from collections.abc import AsyncIterator

from server.api import validation
from server.api.caller import current_account_id, current_caller
from server.api.interceptors import Context
from server.uploads.model import Upload
from server.uploads.uploads import Uploads
from zerokerf.errors import InvalidParams
from zerokerf.v1 import upload_pb2, upload_service_pb2, upload_service_pb2_grpc

Requests = AsyncIterator[upload_service_pb2.WriteUploadRequest]


class UploadService(upload_service_pb2_grpc.UploadServiceServicer):
    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads

    async def CreateUpload(
        self, request: upload_service_pb2.CreateUploadRequest, context: Context
    ) -> upload_service_pb2.CreateUploadResponse:
        validation.check_request_id(request.request_id)
        upload = await self._uploads.create(
            current_account_id(),
            validation.upload_file_name(request),
            validation.upload_content_type(request),
            validation.upload_size(request),
            request.request_id or None,
            most_bytes=current_caller().plan.max_source_bytes,
        )
        return upload_service_pb2.CreateUploadResponse(upload=_message(upload))

    async def GetUpload(
        self, request: upload_service_pb2.GetUploadRequest, context: Context
    ) -> upload_service_pb2.GetUploadResponse:
        upload = await self._uploads.get(current_account_id(), request.id)
        return upload_service_pb2.GetUploadResponse(upload=_message(upload))

    async def WriteUpload(
        self, request_iterator: Requests, context: Context
    ) -> upload_service_pb2.WriteUploadResponse:
        header = await _header(request_iterator)
        upload = await self._uploads.write(
            current_account_id(),
            header.upload_id,
            header.offset,
            header.finish,
            _chunks(request_iterator),
            current_caller().plan.max_source_bytes,
        )
        return upload_service_pb2.WriteUploadResponse(upload=_message(upload))


async def _header(requests: Requests) -> upload_service_pb2.WriteUploadHeader:
    async for request in requests:
        if request.WhichOneof("part") == "header" and request.header.offset >= 0:
            return request.header
        break
    raise InvalidParams({"header": "The first message must be a header with an offset that is not negative."})


async def _chunks(requests: Requests) -> AsyncIterator[bytes]:
    async for request in requests:
        if request.WhichOneof("part") != "chunk":
            raise InvalidParams({"chunk": "After the header, every message must be a chunk of bytes."})
        yield request.chunk


def _message(upload: Upload) -> upload_pb2.Upload:
    message = upload_pb2.Upload(
        id=upload.id,
        file_name=upload.file_name,
        content_type=upload.content_type,
        committed_size=upload.committed_size,
        complete=upload.complete,
    )
    message.create_time.FromDatetime(upload.created_at)
    if upload.link is not None:
        message.url, message.method = upload.link.url, upload.link.method
        message.headers.update(upload.link.headers)
        message.expire_time.FromDatetime(upload.link.expires_at)
    return message
