"""What --json prints of transcription jobs: plain numbers in named units, nothing left out."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict

from zerokerf.batch_states import state_name
from zerokerf.cli.splits.documents import error_document, progress_document, time_text
from zerokerf.cli.splits.modes import Document, seconds
from zerokerf.priorities import priority_name
from zerokerf.v1.batch_pb2 import (
    BatchFile,
    BatchInput,
    BatchJob,
    BatchModel,
    TranscriptionConfig,
)
from zerokerf.v1.batch_service_pb2 import GetBatchJobFilesResponse


def job_document(
    job: BatchJob, files: Iterable[BatchFile] | None = None, paths: Sequence[Path] | None = None
) -> Document:
    """With files and paths where they are asked for."""
    document: Document = {
        "id": job.id,
        "state": state_name(job.state),
        "model": job.model_code,
        "transcription_config": _config(job.transcription_config),
        "max_line_length": job.output_config.srt_overrides.max_line_length or None,
        "max_lines": job.output_config.srt_overrides.max_lines or None,
        "source": _source(job.input),
        "word_count": job.output.word_count if job.HasField("output") else None,
        "language": (job.output.language or None) if job.HasField("output") else None,
        "progress": progress_document(job.progress),
        "error": error_document(job.error) if job.HasField("error") else None,
        "priority": priority_name(job.priority),
        "metadata": MessageToDict(job.metadata),
        "tracking": MessageToDict(job.tracking),
        "created": time_text(job, "create_time"),
        "started": time_text(job, "start_time"),
        "ended": time_text(job, "end_time"),
        "deleted": time_text(job, "delete_time"),
        "files_removed": time_text(job, "expire_time"),
        "last_sequence": job.last_sequence,
    }
    if files is not None:
        document["files"] = [file_document(each) for each in files]
    if paths is not None:
        document["paths"] = [str(path) for path in paths]
    return document


def files_document(files: GetBatchJobFilesResponse) -> Document:
    return {
        "inputs": [file_document(each) for each in files.inputs],
        "outputs": [file_document(each) for each in files.outputs],
    }


def file_document(file: BatchFile) -> Document:
    return {
        "format": file.format or None,
        "uri": file.uri,
        "download_url": file.download_url,
        "expires": time_text(file, "expire_time"),
    }


def model_document(model: BatchModel) -> Document:
    return {
        "code": model.code,
        "model": model.model,
        "languages": list(model.languages),
        "is_default": model.is_default,
    }


def _source(source: BatchInput) -> Document:
    return {
        "file_name": source.file_name or None,
        "size_bytes": source.size or None,
        "duration_s": seconds(source.duration) if source.HasField("duration") else None,
        "sample_rate_hz": source.sample_rate or None,
        "channels": source.channels or None,
        "format": source.format or None,
    }


def _config(config: TranscriptionConfig) -> Document:
    """As the REST API names its members."""
    return {
        "language": config.language,
        "operating_point": _last_word(config.OperatingPoint, config.operating_point),
        "diarization": _last_word(config.Diarization, config.diarization),
        "additional_vocab": [MessageToDict(each) for each in config.additional_vocab],
    }


def _last_word(enum: Any, value: int) -> str:  # noqa: ANN401 - any generated enum
    return enum.Name(value).rpartition("_")[2].lower() if value in enum.values() else str(value)
