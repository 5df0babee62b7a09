"""Room for files that are not reachable by URL: an extension of the documented API."""

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from typing_extensions import TypedDict

from gateway.backend import AnyCaller, RequestId
from gateway.splits.answers import timestamp
from gateway.splits.requests import parse_upload
from gateway.strict_json import json_object
from zerokerf.v1.upload_pb2 import Upload


class UploadJson(TypedDict):
    """Where and how to send the file: one request with these headers and the bytes as its body."""

    id: str
    url: str
    method: str
    headers: dict[str, str]
    expiresAt: str


async def create_upload(request: Request, caller: AnyCaller, request_id: RequestId = "") -> Response:
    config = caller.backend.config
    fields = await json_object(request, config.max_body_bytes, config.idle_timeout_s)
    answer = await caller.backend.uploads.CreateUpload(
        parse_upload(fields, request_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(upload_json(answer.upload), 201)


def upload_json(upload: Upload) -> UploadJson:
    return UploadJson(
        id=upload.id,
        url=upload.url,
        method=upload.method,
        headers=dict(sorted(upload.headers.items())),
        expiresAt=timestamp(upload.expire_time),
    )
