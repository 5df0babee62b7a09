"""Turns the bodies of requests to transcribe into the messages of the protos."""

from typing import Any

from gateway.batch_bodies import (
    ConfiguredBody,
    JobBody,
    OutputBody,
    PresignBody,
    TrackingBody,
    TranscriptionBody,
    VocabularyBody,
)
from gateway.structs import to_struct
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import (
    BatchSource,
    OutputConfig,
    SrtOverrides,
    TranscriptionConfig,
    VocabularyEntry,
)

_OPERATING_POINTS = {
    None: TranscriptionConfig.OPERATING_POINT_UNSPECIFIED,
    "standard": TranscriptionConfig.OPERATING_POINT_STANDARD,
    "enhanced": TranscriptionConfig.OPERATING_POINT_ENHANCED,
}
_DIARIZATIONS = {
    None: TranscriptionConfig.DIARIZATION_UNSPECIFIED,
    "none": TranscriptionConfig.DIARIZATION_NONE,
    "speaker": TranscriptionConfig.DIARIZATION_SPEAKER,
    "channel": TranscriptionConfig.DIARIZATION_CHANNEL,
}


def job_request(body: JobBody, source: BatchSource) -> pb.CreateBatchJobRequest:
    return pb.CreateBatchJobRequest(
        id=body.job_id or "",
        source=source,
        model_code=body.model_code or "",
        metadata=None if body.metadata is None else to_struct("metadata", body.metadata),
        **_configuration(body),
    )


def upload_request(body: PresignBody) -> pb.CreateBatchUploadRequest:
    return pb.CreateBatchUploadRequest(
        job_id=body.job_id or "",
        file_name=body.filename,
        content_type=body.content_type or "",
        **_configuration(body),
    )


def _configuration(body: ConfiguredBody) -> dict[str, Any]:
    """The fields that every request has."""
    return {
        "transcription_config": _transcription(body.transcription_config),
        "tracking": None if body.tracking is None else to_struct("tracking", _as_sent(body.tracking)),
        "output_config": None if body.output_config is None else _output(body.output_config),
    }


def _transcription(body: TranscriptionBody) -> TranscriptionConfig:
    return TranscriptionConfig(
        language=body.language or "",
        operating_point=_OPERATING_POINTS[body.operating_point],
        diarization=_DIARIZATIONS[body.diarization],
        domain=body.domain or "",
        output_locale=body.output_locale or "",
        enable_entities=body.enable_entities,
        additional_vocab=[_vocabulary(entry) for entry in body.additional_vocab or ()],
    )


def _vocabulary(entry: VocabularyBody) -> VocabularyEntry:
    return VocabularyEntry(content=entry.content, sounds_like=entry.sounds_like)


def _output(body: OutputBody) -> OutputConfig:
    overrides = body.srt_overrides
    if overrides is None:
        return OutputConfig()
    return OutputConfig(
        srt_overrides=SrtOverrides(max_line_length=overrides.max_line_length, max_lines=overrides.max_lines)
    )


def _as_sent(tracking: TrackingBody) -> dict[str, object]:
    return {name: getattr(tracking, name) for name in tracking.model_fields_set}
