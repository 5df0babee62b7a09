"""The JSON of answers about transcription jobs."""

import math
from datetime import UTC, datetime
from typing import NotRequired

from google.protobuf.timestamp_pb2 import Timestamp
from typing_extensions import TypedDict

from gateway.batch.states import Status, status_of
from gateway.speech.answers import output_config_json, transcription_json
from gateway.splits.answers import timestamp
from gateway.strict_json import JsonObject
from gateway.structs import from_struct
from zerokerf.durations import exact_seconds
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchFile, BatchJob, BatchModel

#: How long a link to upload to works at most, in seconds.
_UPLOAD_LIVES_S = 1800
_WITH_OUTPUT = (BatchJob.STATE_DONE, BatchJob.STATE_DELETED)


class AcceptedJson(TypedDict):
    job_id: str
    status: Status


class ErrorMessageJson(TypedDict):
    message: str


class JobConfigJson(TypedDict):
    """As submitted, with every default filled in."""

    type: str
    transcription_config: JsonObject
    tracking: NotRequired[JsonObject]
    output_config: NotRequired[JsonObject]
    metadata: NotRequired[JsonObject]


class BatchJobJson(TypedDict):
    """One job; every field is there in every state, but for a key that is not known."""

    job_id: str
    status: Status
    api_key_id: NotRequired[str]
    model_code: str
    job_config: JobConfigJson
    input_metadata: JsonObject
    output_metadata: JsonObject
    error_message: ErrorMessageJson | None
    submitted_at: str
    started_at: str | None
    completed_at: str | None
    deleted_at: str | None
    expired_at: str | None
    updated_at: str


class InputFileJson(TypedDict):
    key: str
    s3_uri: str
    download_url: str


class OutputFileJson(InputFileJson):
    format: str


class FilesJson(TypedDict):
    job_id: str
    inputs: list[InputFileJson]
    outputs: list[OutputFileJson]


class PresignedUploadJson(TypedDict):
    url: str
    s3_key: str
    s3_uri: str
    expires_in: int
    headers: dict[str, str]


class PresignJson(TypedDict):
    job_id: str
    transcription_config: JsonObject
    tracking: NotRequired[JsonObject]
    output_config: NotRequired[JsonObject]
    input_s3_uri: str
    output_s3_prefix: str
    upload: PresignedUploadJson


class ModelJson(TypedDict):
    model_code: str
    model: str
    languages: list[str]
    is_default: bool


def accepted_json(job: BatchJob) -> AcceptedJson:
    return AcceptedJson(job_id=job.id, status=status_of(job.state))


def job_json(job: BatchJob) -> BatchJobJson:
    answer = BatchJobJson(
        job_id=job.id,
        status=status_of(job.state),
        model_code=job.model_code,
        job_config=_config(job),
        input_metadata=_input(job),
        output_metadata=_output(job),
        error_message=ErrorMessageJson(message=job.error.message) if job.HasField("error") else None,
        submitted_at=timestamp(job.create_time),
        started_at=_time(job, "start_time"),
        completed_at=_time(job, "end_time"),
        deleted_at=_time(job, "delete_time"),
        expired_at=_time(job, "expire_time"),
        updated_at=_time(job, "update_time") or timestamp(job.create_time),
    )
    if job.api_key_id:
        answer["api_key_id"] = job.api_key_id
    return answer


def files_json(job_id: str, files: pb.GetBatchJobFilesResponse, formats: frozenset[str]) -> FilesJson:
    return FilesJson(
        job_id=job_id,
        inputs=[_file(file) for file in files.inputs],
        outputs=[
            OutputFileJson(format=file.format, **_file(file))
            for file in files.outputs
            if file.format in formats
        ],
    )


def presign_json(made: pb.CreateBatchUploadResponse) -> PresignJson:
    answer: PresignJson = {  # type: ignore[typeddict-item]  # the rest follows, in the documented order
        "job_id": made.job_id,
        "transcription_config": transcription_json(made.transcription_config),
    }
    if made.HasField("tracking"):
        answer["tracking"] = from_struct(made.tracking)
    if made.HasField("output_config"):
        answer["output_config"] = output_config_json(made.output_config)
    answer["input_s3_uri"] = made.upload_uri
    answer["output_s3_prefix"] = made.output_uri
    answer["upload"] = PresignedUploadJson(
        url=made.url,
        s3_key=made.upload_key,
        s3_uri=made.upload_uri,
        expires_in=_expires_in_s(made.expire_time),
        headers=dict(sorted(made.headers.items())),
    )
    return answer


def model_json(model: BatchModel) -> ModelJson:
    return ModelJson(
        model_code=model.code,
        model=model.model,
        languages=list(model.languages),
        is_default=model.is_default,
    )


def _config(job: BatchJob) -> JobConfigJson:
    answer = JobConfigJson(
        type="transcription", transcription_config=transcription_json(job.transcription_config)
    )
    if job.HasField("tracking"):
        answer["tracking"] = from_struct(job.tracking)
    if job.HasField("output_config"):
        answer["output_config"] = output_config_json(job.output_config)
    if job.HasField("metadata"):
        answer["metadata"] = from_struct(job.metadata)
    return answer


def _input(job: BatchJob) -> JsonObject:
    """What is not known yet is absent."""
    measured = job.input
    facts: JsonObject = {
        "size_bytes": measured.size or None,
        "duration_seconds": float(exact_seconds(measured.duration))
        if measured.HasField("duration")
        else None,
        "format": measured.format or None,
        "mime_type": measured.mime_type or None,
        "source": measured.source or None,
        "notes": list(job.notes) or None,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _output(job: BatchJob) -> JsonObject:
    if not job.HasField("output") or job.state not in _WITH_OUTPUT:
        return {}
    return {"word_count": job.output.word_count, "language": job.output.language}


def _file(file: BatchFile) -> InputFileJson:
    return InputFileJson(key=file.key, s3_uri=file.uri, download_url=file.download_url)


def _time(job: BatchJob, name: str) -> str | None:
    time: Timestamp = getattr(job, name)
    return timestamp(time) if time.seconds or time.nanos else None


def _expires_in_s(expires: Timestamp) -> int:
    """The answer itself takes a moment, which is not worth a second."""
    left_s = expires.seconds + expires.nanos / 1e9 - datetime.now(UTC).timestamp()
    return max(0, min(_UPLOAD_LIVES_S, math.ceil(left_s)))
