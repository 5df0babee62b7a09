"""Turns the bodies of requests to transcribe into the messages of the protos."""

from typing import Any

from gateway.batch.bodies import ConfiguredBody, JobBody, PresignBody, TrackingBody
from gateway.priorities import priority_value
from gateway.speech.requests import output_config, transcription_config
from gateway.structs import to_struct
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchSource


def job_request(
    body: JobBody, source: BatchSource, request_id: str = "", upload_sha256: str = ""
) -> pb.CreateBatchJobRequest:
    """The hash is that of an upload which came with the request."""
    return pb.CreateBatchJobRequest(
        request_id=request_id,
        upload_sha256=upload_sha256,
        webhook_url=body.webhook_url or "",
        priority=priority_value(body.priority),
        id=body.job_id or "",
        source=source,
        model_code=body.model_code or "",
        metadata=None if body.metadata is None else to_struct("metadata", body.metadata),
        **_configuration(body),
    )


def upload_request(body: PresignBody, request_id: str = "") -> pb.CreateBatchUploadRequest:
    return pb.CreateBatchUploadRequest(
        request_id=request_id,
        job_id=body.job_id or "",
        file_name=body.filename,
        content_type=body.content_type or "",
        **_configuration(body),
    )


def _configuration(body: ConfiguredBody) -> dict[str, Any]:
    """The fields that every request has."""
    return {
        "transcription_config": transcription_config(body.transcription_config),
        "tracking": None if body.tracking is None else to_struct("tracking", _as_sent(body.tracking)),
        "output_config": None if body.output_config is None else output_config(body.output_config),
    }


def _as_sent(tracking: TrackingBody) -> dict[str, object]:
    return {name: getattr(tracking, name) for name in tracking.model_fields_set}
