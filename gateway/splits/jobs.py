"""The split endpoints: create, list, get, delete and cancel, and the manifest."""

from typing import Annotated, Literal

from fastapi import Query, Request, Response
from fastapi.responses import JSONResponse
from typing_extensions import TypedDict

from gateway.backend import AnyCaller, JobId, RequestId
from gateway.splits.answers import SplitJson, created_json, split_json, summary_json
from gateway.splits.requests import parse_split
from gateway.strict_json import json_object
from zerokerf.v1 import split_service_pb2 as pb
from zerokerf.v1.split_pb2 import Split

#: The documented states; a cancelled job is shown as a failed one.
STATES: dict[str, tuple[Split.State.ValueType, ...]] = {
    "queued": (Split.STATE_QUEUED,),
    "processing": (Split.STATE_PROCESSING,),
    "completed": (Split.STATE_COMPLETED,),
    "failed": (Split.STATE_FAILED, Split.STATE_CANCELLED),
}

#: The most that the server passes over; pages behind it are empty like all pages behind the end.
_MOST_SKIPPED = 10**7


class PaginationJson(TypedDict):
    page: int
    limit: int
    total: int
    totalPages: int


class PageJson(TypedDict):
    data: list[SplitJson]
    pagination: PaginationJson


async def create_split(request: Request, caller: AnyCaller, request_id: RequestId = "") -> Response:
    config = caller.backend.config
    fields = await json_object(request, config.max_body_bytes, config.idle_timeout_s)
    answer = await caller.backend.splits.CreateSplit(
        parse_split(fields, request_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(created_json(answer.split), 201)


async def list_splits(
    caller: AnyCaller,
    status: Literal["queued", "processing", "completed", "failed"] | None = None,
    page: Annotated[int, Query(ge=1)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    answer = await caller.backend.splits.ListSplits(
        pb.ListSplitsRequest(
            page_size=limit,
            skip=min((page - 1) * limit, _MOST_SKIPPED),
            states=STATES[status] if status else (),
        ),
        metadata=caller.metadata,
        timeout=caller.timeout_s,
    )
    total = answer.total_size
    pagination = PaginationJson(page=page, limit=limit, total=total, totalPages=-(-total // limit))
    return JSONResponse(PageJson(data=[summary_json(each) for each in answer.splits], pagination=pagination))


async def get_split(caller: AnyCaller, job_id: JobId) -> Response:
    answer = await caller.backend.splits.GetSplit(
        pb.GetSplitRequest(id=job_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(split_json(answer.split))


async def get_manifest(caller: AnyCaller, job_id: JobId) -> Response:
    """The document as it is stored, byte for byte."""
    answer = await caller.backend.splits.GetSplitManifest(
        pb.GetSplitManifestRequest(id=job_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return Response(answer.json, media_type="application/json")


async def delete_split(caller: AnyCaller, job_id: JobId) -> Response:
    await caller.backend.splits.DeleteSplit(
        pb.DeleteSplitRequest(id=job_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return Response(status_code=204)


async def cancel_split(caller: AnyCaller, job_id: JobId) -> Response:
    answer = await caller.backend.splits.CancelSplit(
        pb.CancelSplitRequest(id=job_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(split_json(answer.split))
