"""The query of a list of transcription jobs, and the page that answers it."""

import re
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from fastapi import Query
from fastapi.responses import JSONResponse
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import WithJsonSchema
from typing_extensions import TypedDict

from gateway.batch.answers import BatchJobJson, job_json
from gateway.batch.callers import BatchCaller
from gateway.batch.states import FILTERS
from gateway.bodies import MAX_INT32
from zerokerf.errors import InvalidParams
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchJob

T = TypeVar("T")

_NUMBER = re.compile(r"[0-9]{1,18}")
_LONGEST_ECHO = 200
_LAST_SECOND = 253_402_300_799  # of the year 9999
_NEARLY_ONE_S = 999_999_999

_SORT_BY = {
    "submitted_at": pb.ListBatchJobsRequest.SORT_BY_CREATE_TIME,
    "status": pb.ListBatchJobsRequest.SORT_BY_STATE,
    "model_code": pb.ListBatchJobsRequest.SORT_BY_MODEL_CODE,
}
_IS_ASCENDING = {"asc": True, "desc": False}

# Text, because the sentences about values that are not valid are the contract's own.
PageNumber = Annotated[str, WithJsonSchema({"type": "integer", "minimum": 1, "default": 1})]
PageSize = Annotated[str, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 100, "default": 20})]
Moment = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time"}), Query(description="Exclusive.")
]
SortBy = Annotated[str, WithJsonSchema({"type": "string", "enum": list(_SORT_BY)})]
SortOrder = Annotated[str, WithJsonSchema({"type": "string", "enum": list(_IS_ASCENDING)})]
Statuses = Annotated[str, Query(description="Separated by commas.", examples=["DONE,FAILED"])]


class MetaJson(TypedDict):
    page: int
    page_size: int
    total: int
    pages: int


class BatchPageJson(TypedDict):
    items: list[BatchJobJson]
    meta: MetaJson


async def list_jobs(
    caller: BatchCaller,
    page: PageNumber = "1",
    page_size: PageSize = "20",
    status: Statuses = "",
    model_code: str = "",
    submitted_after: Moment = "",
    submitted_before: Moment = "",
    sort_by: SortBy = "submitted_at",
    sort_order: SortOrder = "desc",
) -> JSONResponse:
    number, size = _number("page", page), _number("page_size", page_size, most=100)
    request = pb.ListBatchJobsRequest(
        page=min(number, MAX_INT32),
        page_size=size,
        states=_states(status),
        model_code=model_code,
        created_after=_after(submitted_after),
        created_before=_before(submitted_before),
        sort_by=_choice("sort_by", sort_by, _SORT_BY),
        ascending=_choice("sort_order", sort_order, _IS_ASCENDING),
    )
    found = await caller.backend.batch.ListBatchJobs(
        request, metadata=caller.metadata, timeout=caller.timeout_s
    )
    total = found.total_size
    meta = MetaJson(page=number, page_size=size, total=total, pages=-(-total // size))
    return JSONResponse(BatchPageJson(items=[job_json(job) for job in found.jobs], meta=meta))


def _number(name: str, text: str, most: int | None = None) -> int:
    number = int(text) if _NUMBER.fullmatch(text) else 0
    if number < 1 or number > (most or number):
        wanted = f"an integer between 1 and {most}" if most else "an integer of at least 1"
        raise InvalidParams({name: f"{name} must be {wanted}"})
    return number


def _states(text: str) -> list[BatchJob.State.ValueType]:
    names = [name for part in text.split(",") if (name := part.strip())]
    unknown = [name for name in names if name not in FILTERS]
    if unknown:
        listed = ", ".join(unknown)[:_LONGEST_ECHO]
        raise InvalidParams(
            {"status": f"Invalid status value(s): {listed}. Allowed: {', '.join(sorted(FILTERS))}"}
        )
    return [FILTERS[name] for name in names]


def _choice(name: str, text: str, choices: dict[str, T]) -> T:
    if text not in choices:
        allowed = ", ".join(sorted(choices))
        raise InvalidParams({name: f"Invalid {name} value: {text[:_LONGEST_ECHO]}. Allowed: {allowed}"})
    return choices[text]


def _after(text: str) -> Timestamp | None:
    """Clients see whole seconds, and a job is not after the second that it is shown with."""
    moment = _moment("submitted_after", text)
    return moment and Timestamp(seconds=moment.seconds, nanos=_NEARLY_ONE_S)


def _before(text: str) -> Timestamp | None:
    """A job counts as submitted at the beginning of the second that it is shown with."""
    moment = _moment("submitted_before", text)
    if moment is None or not moment.nanos:
        return moment
    if moment.seconds == _LAST_SECOND:
        return Timestamp(seconds=_LAST_SECOND, nanos=_NEARLY_ONE_S)
    return Timestamp(seconds=moment.seconds + 1)


def _moment(name: str, text: str) -> Timestamp | None:
    """Times without a zone are UTC."""
    if not text:
        return None
    try:
        given = datetime.fromisoformat(text)
        utc = given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidParams({name: f"{name} must be an ISO 8601 date and time"}) from error
    moment = Timestamp()
    moment.FromDatetime(utc)
    return moment
