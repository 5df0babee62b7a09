"""Transcription jobs as a server would describe them."""

from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import (
    BatchEvent,
    BatchFile,
    BatchInput,
    BatchJob,
    BatchOutput,
    BatchProgress,
    TranscriptionConfig,
)
from zerokerf.v1.job_error_pb2 import JobError

JOBS = "/v1/batch/jobs"
DEFAULT_MODEL = "slng/speechmatics/batch:15.0.0"
SUBMITTED = Timestamp(seconds=1777708800, nanos=987_654_321)  # 2026-05-02T08:00:00Z


def job(state: BatchJob.State.ValueType, **fields: Any) -> BatchJob:  # noqa: ANN401 - a message's own fields
    given: dict[str, Any] = {
        "id": "call17",
        "model_code": DEFAULT_MODEL,
        "transcription_config": with_defaults(TranscriptionConfig()),
        "create_time": SUBMITTED,
        "update_time": SUBMITTED,
        "api_key_id": "key_1",
    }
    return BatchJob(state=state, **(given | fields))


def done(**fields: Any) -> BatchJob:  # noqa: ANN401 - a message's own fields
    measured = BatchInput(
        file_name="call-17.mp3",
        size=88211,
        duration=Duration(seconds=5, nanos=510_000_000),
        format="mp3",
        mime_type="audio/mpeg",
        source="url",
        channels=2,
        sample_rate=44100,
    )
    given: dict[str, Any] = {
        "input": measured,
        "output": BatchOutput(word_count=14, language="en"),
        "start_time": later(3),
        "end_time": later(4),
        "update_time": later(4),
        # What records must not show:
        "progress": BatchProgress(percent=100),
    }
    return job(BatchJob.STATE_DONE, **(given | fields))


def failed(message: str, **fields: Any) -> BatchJob:  # noqa: ANN401 - a message's own fields
    error = JobError(reason="CORRUPT_FILE", message=message)
    return job(BatchJob.STATE_FAILED, error=error, end_time=later(4), **fields)


def event(sequence: int, state: BatchJob.State.ValueType, percent: int = 0, **fields: Any) -> BatchEvent:  # noqa: ANN401 - a message's own fields
    return BatchEvent(
        sequence=sequence, state=state, time=SUBMITTED, progress=BatchProgress(percent=percent, **fields)
    )


def later(seconds: int) -> Timestamp:
    return Timestamp(seconds=SUBMITTED.seconds + seconds)


def struct(**pairs: Any) -> Struct:  # noqa: ANN401 - JSON of every shape
    made = Struct()
    made.update(pairs)
    return made


def with_defaults(config: TranscriptionConfig) -> TranscriptionConfig:
    full = TranscriptionConfig()
    full.CopyFrom(config)
    full.language = config.language or "en"
    full.operating_point = config.operating_point or TranscriptionConfig.OPERATING_POINT_STANDARD
    full.diarization = config.diarization or TranscriptionConfig.DIARIZATION_NONE
    return full


def stored(extension: str, *, is_input: bool = False) -> BatchFile:
    folder = "inputs" if is_input else "outputs"
    return BatchFile(
        format="" if is_input else extension,
        key=f"{folder}/call17.{extension}",
        uri=f"s3://{folder}-bucket/{folder}/call17.{extension}",
        download_url=f"https://files.example.com/{folder}/call17.{extension}?s=1",
        expire_time=SUBMITTED,
    )


def queued(request: pb.CreateBatchJobRequest, job_id: str) -> BatchJob:
    job = BatchJob(
        id=job_id,
        state=BatchJob.STATE_QUEUED,
        model_code=request.model_code or DEFAULT_MODEL,
        transcription_config=with_defaults(request.transcription_config),
        create_time=SUBMITTED,
        update_time=SUBMITTED,
        api_key_id="key_1",
    )
    for name in ("metadata", "tracking", "output_config"):
        if request.HasField(name):
            getattr(job, name).CopyFrom(getattr(request, name))
    return job
