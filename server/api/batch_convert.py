"""Transcription jobs and recognizers as messages."""

from server.api.batch_config import config_message, output_message
from server.api.batch_json import json_struct
from server.api.batch_rules import STATES
from server.api.message_parts import duration_of, error_message, priority_of, timestamp
from server.jobs.batch.model import BatchJob, BatchState
from server.jobs.batch.states import batch_state
from server.jobs.model import JobEvent, Progress
from server.speech.models import ALIAS, Models
from zerokerf.formats import CONTENT_TYPES, Format
from zerokerf.v1 import batch_pb2

STATE_VALUES = {state: value for value, state in STATES.items()}
ANY_TYPE = "application/octet-stream"


def job_message(job: BatchJob) -> batch_pb2.BatchJob:
    request = job.request
    state = state_of(job)
    message = batch_pb2.BatchJob(
        id=job.public_id or "",
        state=STATE_VALUES[state],
        model_code=request.model_code,
        create_time=timestamp(job.created_at),
        start_time=timestamp(job.started_at),
        end_time=timestamp(job.ended_at),
        last_sequence=job.last_sequence,
        transcription_config=config_message(request.transcription_config),
        input=_input(job),
        progress=progress_message(job.progress),
        update_time=timestamp(job.updated_at),
        delete_time=timestamp(job.deleted_at),
        notes=job.notes,
        webhook_url=request.webhook_url or "",
        priority=priority_of(request),
        files_expire_time=timestamp(job.files_expire_at),
        api_key_id=job.terms.api_key_id or "",
        expire_time=timestamp(job.files_removed_at),
    )
    if request.metadata is not None:
        message.metadata.CopyFrom(json_struct(request.metadata))
    if request.tracking is not None:
        message.tracking.CopyFrom(json_struct(request.tracking))
    if request.output_config is not None:
        message.output_config.CopyFrom(output_message(request.output_config))
    if job.failure is not None and state is BatchState.FAILED:
        message.error.CopyFrom(error_message(job.failure))
    if job.outcome is not None and state is BatchState.DONE:
        message.output.CopyFrom(_output(job.outcome))
    return message


def state_of(job: BatchJob) -> BatchState:
    return batch_state(job.state, job.progress.phase, job.deleted_at)


def event_message(event: JobEvent) -> batch_pb2.BatchEvent:
    return batch_pb2.BatchEvent(
        sequence=event.sequence,
        time=timestamp(event.time),
        state=STATE_VALUES[batch_state(event.state, event.progress.phase)],
        progress=progress_message(event.progress),
        error=error_message(event.failure) if event.failure else None,
    )


def progress_message(progress: Progress) -> batch_pb2.BatchProgress:
    rate = progress.sample_rate
    return batch_pb2.BatchProgress(
        percent=progress.percent,
        bytes_fetched=progress.bytes_fetched,
        bytes_total=progress.bytes_total,
        audio_done=duration_of(progress.samples_done, rate) if rate else None,
        audio_total=duration_of(progress.samples_total, rate) if rate and progress.samples_total else None,
        chunks_done=progress.segments_done,
        chunks_total=progress.segments_total,
    )


def model_messages(models: Models) -> list[batch_pb2.BatchModel]:
    """The default by its documented code, then every one by its own."""
    default = _model_message(ALIAS, models, 0)
    default.is_default = True
    own = [_model_message(model.code, models, index) for index, model in enumerate(models.all)]
    return [default, *own]


def media_type_of(audio_format: str | None) -> str:
    return CONTENT_TYPES[Format(audio_format)] if audio_format in CONTENT_TYPES else ANY_TYPE


def _model_message(code: str, models: Models, index: int) -> batch_pb2.BatchModel:
    model = models.all[index]
    return batch_pb2.BatchModel(code=code, languages=sorted(model.files.languages), model=model.code)


def _input(job: BatchJob) -> batch_pb2.BatchInput:
    source = job.source
    message = batch_pb2.BatchInput(source="url" if job.request.source_url is not None else "upload")
    if source is None:
        return message
    message.file_name = source.file_name
    message.size = source.size_bytes or 0
    message.format = source.format or ""
    message.mime_type = media_type_of(source.format) if source.format else ""
    message.channels = source.channels or 0
    message.sample_rate = source.sample_rate or 0
    if source.sample_count is not None and source.sample_rate:
        message.duration.CopyFrom(duration_of(source.sample_count, source.sample_rate))
    return message


def _output(outcome: dict[str, object]) -> batch_pb2.BatchOutput:
    """An outcome that another version recorded may lack what this one knows."""
    words, language = outcome.get("word_count"), outcome.get("language")
    return batch_pb2.BatchOutput(
        word_count=words if isinstance(words, int) else 0,
        language=language if isinstance(language, str) else "",
    )
