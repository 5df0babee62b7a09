"""What requests of BatchService must look like: every rule about their fields."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from server.api import validation
from server.api.batch_config import model_code_of, output_config, transcription_config
from server.api.batch_json import json_object, tracking_object
from server.database.ids import shown
from server.fetch.guard import AddressPolicy, check_url
from server.jobs.batch.model import BatchQuery, BatchRequest, BatchState, SortBy
from server.speech.models import Models
from storage.keys import upload_id_of
from zerokerf.errors import InvalidParams, InvalidUrl, UploadNotFound
from zerokerf.v1 import batch_pb2, batch_service_pb2, upload_service_pb2

MAX_ID = 128
MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 20
_ID = re.compile(r"[a-zA-Z0-9]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")

STATES: dict["batch_pb2.BatchJob.State.ValueType", BatchState] = {
    batch_pb2.BatchJob.STATE_QUEUED: BatchState.QUEUED,
    batch_pb2.BatchJob.STATE_IN_PROGRESS: BatchState.IN_PROGRESS,
    batch_pb2.BatchJob.STATE_DECODING: BatchState.DECODING,
    batch_pb2.BatchJob.STATE_POST_PROCESSING: BatchState.POST_PROCESSING,
    batch_pb2.BatchJob.STATE_DONE: BatchState.DONE,
    batch_pb2.BatchJob.STATE_FAILED: BatchState.FAILED,
    batch_pb2.BatchJob.STATE_DELETED: BatchState.DELETED,
}
_ListRequest = batch_service_pb2.ListBatchJobsRequest
_SORTS: dict["_ListRequest.SortBy.ValueType", SortBy] = {
    _ListRequest.SORT_BY_UNSPECIFIED: SortBy.CREATED_AT,
    _ListRequest.SORT_BY_CREATE_TIME: SortBy.CREATED_AT,
    _ListRequest.SORT_BY_STATE: SortBy.STATE,
    _ListRequest.SORT_BY_MODEL_CODE: SortBy.MODEL_CODE,
}


@dataclass(frozen=True, slots=True)
class File:
    """What a client says of a recording that it brings."""

    name: str
    content_type: str


def job_id(text: str, field: str = "id") -> str:
    """Raises InvalidParams."""
    if not _ID.fullmatch(text):
        raise InvalidParams({field: "job_id must be alphanumeric"})
    if len(text) > MAX_ID:
        raise InvalidParams({field: f"job_id must have at most {MAX_ID} characters"})
    return text


def optional_job_id(text: str, field: str = "id") -> str | None:
    return job_id(text, field) if text else None


def job_request(
    request: batch_service_pb2.CreateBatchJobRequest, account_id: str, policy: AddressPolicy, models: Models
) -> BatchRequest:
    """Raises InvalidParams or one of its kinds, naming the field, or UploadNotFound for a strange key."""
    source_url, upload_id = _source(request.source, account_id, policy)
    wish = _wish(request, policy, models, source_url, upload_id)
    return replace(wish, upload_sha256=_upload_sha256(request.upload_sha256, upload_id))


def streamed_request(
    request: batch_service_pb2.CreateBatchJobRequest, policy: AddressPolicy, models: Models
) -> BatchRequest:
    """Its source comes in the stream."""
    if request.HasField("source"):
        raise InvalidParams({"source": "The recording comes in the stream, so no other source can be named."})
    return _wish(request, policy, models, None, None)


def upload_request(request: batch_service_pb2.CreateBatchUploadRequest, models: Models) -> BatchRequest:
    """What the job is to be asked for, with the default model: another may be named with the job."""
    validation.check_request_id(request.request_id)
    optional_job_id(request.job_id, "job_id")
    code = model_code_of("")
    return BatchRequest(
        model_code=code,
        transcription_config=transcription_config(request.transcription_config, code, models),
        tracking=tracking_object(request.tracking) if request.HasField("tracking") else None,
        output_config=output_config(request.output_config) if request.HasField("output_config") else None,
    )


def place_asked(
    request: batch_service_pb2.CreateBatchUploadRequest, asked: BatchRequest
) -> dict[str, object]:
    """What two requests for a place have in common that are the same, beside the file."""
    return {
        "job_id": request.job_id,
        "transcription_config": asked.transcription_config,
        "tracking": asked.tracking,
        "output_config": asked.output_config,
    }


def file_of(
    request: batch_service_pb2.StreamBatchJobHeader | batch_service_pb2.CreateBatchUploadRequest,
) -> File:
    upload = upload_service_pb2.CreateUploadRequest(
        file_name=request.file_name, content_type=request.content_type
    )
    return File(validation.upload_file_name(upload), validation.upload_content_type(upload))


def list_query(request: batch_service_pb2.ListBatchJobsRequest) -> BatchQuery:
    if request.page < 0:
        raise InvalidParams({"page": "Pages count from 1; 0 means 1."})
    if not 0 <= request.page_size <= MAX_PAGE_SIZE:
        sentence = f"The page size must be from 1 to {MAX_PAGE_SIZE}; 0 means {DEFAULT_PAGE_SIZE}."
        raise InvalidParams({"page_size": sentence})
    if request.sort_by not in _SORTS:
        raise InvalidParams({"sort_by": f"{request.sort_by} is nothing to sort by."})
    return BatchQuery(
        page=request.page or 1,
        page_size=request.page_size or DEFAULT_PAGE_SIZE,
        states=_state_filter(request.states),
        model_code=_model_filter(request.model_code),
        created_after=_moment(request.created_after, "created_after")
        if request.HasField("created_after")
        else None,
        created_before=_moment(request.created_before, "created_before")
        if request.HasField("created_before")
        else None,
        sort_by=_SORTS[request.sort_by],
        is_ascending=request.ascending,
    )


def _wish(
    request: batch_service_pb2.CreateBatchJobRequest,
    policy: AddressPolicy,
    models: Models,
    source_url: str | None,
    upload_id: str | None,
) -> BatchRequest:
    validation.check_request_id(request.request_id)
    optional_job_id(request.id)
    code = model_code_of(request.model_code)
    return BatchRequest(
        source_url=source_url,
        upload_id=upload_id,
        model_code=code,
        transcription_config=transcription_config(request.transcription_config, code, models),
        metadata=json_object(request.metadata, "metadata") if request.HasField("metadata") else None,
        tracking=tracking_object(request.tracking) if request.HasField("tracking") else None,
        output_config=output_config(request.output_config) if request.HasField("output_config") else None,
        webhook_url=validation.webhook_target(request.webhook_url, policy),
        is_bulk=validation.is_bulk(request.priority),
    )


def _source(
    source: batch_pb2.BatchSource, account_id: str, policy: AddressPolicy
) -> tuple[str | None, str | None]:
    match source.WhichOneof("source"):
        case "url":
            if check_url(source.url, policy=policy).scheme != "https":
                raise InvalidUrl({"source.url": "The URL must start with https://."})
            return source.url, None
        case "upload_id" if source.upload_id:
            return None, source.upload_id
        case "upload_key" if source.upload_key:
            upload_id = upload_id_of(account_id, source.upload_key)
            if upload_id is None:
                raise UploadNotFound(shown(source.upload_key))
            return None, upload_id
    raise InvalidParams({"source": "A source is required: an https URL, an upload or the key of one."})


def _upload_sha256(text: str, upload_id: str | None) -> str | None:
    if text and (upload_id is None or not _SHA256.fullmatch(text)):
        raise InvalidParams({"upload_sha256": "The SHA-256 of an upload has 64 lower-case hex digits."})
    return text or None


def _state_filter(values: Collection["batch_pb2.BatchJob.State.ValueType"]) -> frozenset[BatchState]:
    """Empty for every state."""
    unknown = [value for value in values if value not in STATES]
    if unknown:
        raise InvalidParams({"states": f"{unknown[0]} is not a state."})
    return frozenset(STATES[value] for value in values)


def _model_filter(code: str) -> str | None:
    if "\0" in code:
        raise InvalidParams({"model_code": "A model code holds no NUL character."})
    return code or None


def _moment(time: Timestamp, field: str) -> datetime:
    try:
        return time.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidParams({field: f"{field} is not a time."}) from None
