"""Creates transcription jobs: from a form, a URL, an upload or a recording in the body."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse

from gateway.backend import Caller, RequestId
from gateway.batch.answers import accepted_json, presign_json
from gateway.batch.bodies import InlineBody, JobBody, KeyBody, PresignBody, UrlBody
from gateway.batch.callers import KnownCaller
from gateway.batch.forms import read_form
from gateway.batch.inline import encoded_bytes, send_inline
from gateway.batch.requests import job_request, upload_request
from gateway.batch.sending import Sent
from gateway.bodies import validated
from gateway.strict_json import JsonObject, parse_object, read_body, refuse
from zerokerf.errors import Unavailable
from zerokerf.v1.batch_pb2 import BatchSource
from zerokerf.v1.batch_service_pb2 import CreateBatchJobRequest, CreateBatchUploadRequest

_WRONG_TYPE = "Content-Type must be application/json or multipart/form-data"
#: One of these members says which way the recording comes.
_WAYS = ("mode", "input_url", "s3_key", "input_base64")


async def create_job(request: Request, caller: KnownCaller, request_id: RequestId = "") -> JSONResponse:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        body, sent = await read_form(request, caller)
        return await _create_with(caller, body, sent, request_id)
    if media_type != "application/json":
        raise HTTPException(415, _WRONG_TYPE)
    async with _json_body(request, caller) as fields:
        return await _create_of(caller, fields, request_id)


async def _create_of(caller: Caller, fields: JsonObject, request_id: str) -> JSONResponse:
    match _way(fields):
        case "mode":
            return await _presign(caller, upload_request(validated(PresignBody, fields), request_id))
        case "input_url":
            by_url = validated(UrlBody, fields)
            return await _create(caller, job_request(by_url, BatchSource(url=by_url.input_url), request_id))
        case "s3_key":
            by_key = validated(KeyBody, fields)
            return await _create(
                caller, job_request(by_key, BatchSource(upload_key=by_key.s3_key), request_id)
            )
        case _:
            inline = validated(InlineBody, fields)
            sent = await send_inline(caller, inline.input_filename or "", inline.input_base64)
            return await _create_with(caller, inline, sent, request_id)


def _way(fields: JsonObject) -> str:
    given = [name for name in _WAYS if fields.get(name) is not None]
    if not given:
        refuse(f"One of {', '.join(_WAYS[1:])} or a mode is required.")
    if len(given) > 1:
        refuse(f"Give only one of {', '.join(given)}.")
    return given[0]


async def _create_with(caller: Caller, body: JobBody, sent: Sent, request_id: str) -> JSONResponse:
    """Of a recording that came with the request: a repeat brings it again."""
    source = BatchSource(upload_id=sent.upload_id)
    return await _create(caller, job_request(body, source, request_id, sent.sha256))


async def _create(caller: Caller, request: CreateBatchJobRequest) -> JSONResponse:
    answer = await caller.backend.batch.CreateBatchJob(
        request, metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(accepted_json(answer.job), 202)


async def _presign(caller: Caller, request: CreateBatchUploadRequest) -> JSONResponse:
    made = await caller.backend.batch.CreateBatchUpload(
        request, metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(presign_json(made))


@asynccontextmanager
async def _json_body(request: Request, caller: Caller) -> AsyncIterator[JsonObject]:
    """A body that is or may be large takes one of few places in memory for as long as it is needed."""
    config = caller.backend.config
    if int(request.headers.get("content-length", config.max_body_bytes + 1)) <= config.max_body_bytes:
        yield parse_object(await read_body(request, config.max_body_bytes, config.idle_timeout_s))
        return
    async with _place(caller):
        most = config.max_body_bytes + encoded_bytes(config.max_inline_bytes)
        body = await read_body(request, most, config.idle_timeout_s)
        yield await asyncio.to_thread(parse_object, body)


@asynccontextmanager
async def _place(caller: Caller) -> AsyncIterator[None]:
    places = caller.backend.large_bodies
    try:
        async with asyncio.timeout(caller.timeout_s):
            await places.acquire()
    except TimeoutError as error:
        raise Unavailable from error
    try:
        yield
    finally:
        places.release()
