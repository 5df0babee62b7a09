"""UploadService: takes files in, in one request or in resumable pieces."""

from collections.abc import AsyncIterator

from server.uploads.uploads import Uploads
from zerokerf.v1 import upload_service_pb2, upload_service_pb2_grpc

type Requests = AsyncIterator[upload_service_pb2.WriteUploadRequest]


class UploadService(upload_service_pb2_grpc.UploadServiceServicer):
    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads
