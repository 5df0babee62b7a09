"""Turns the bodies of requests into the messages of the protos."""

from typing import Any

from gateway.bodies import MAX_SAFE_INTEGER, SENTENCES, CreateUploadBody, validated
from gateway.priorities import priority_value
from gateway.speech.requests import transcribe
from gateway.splits.bodies import (
    OUTPUT_FORMATS,
    CreateSplitBody,
    EncodingBody,
    PlanSplitBody,
    TitleBody,
)
from gateway.splits.modes import cut_options, in_range, split_mode
from gateway.strict_json import JsonObject
from gateway.structs import to_struct
from zerokerf.errors import InvalidFormat, InvalidParams
from zerokerf.v1 import audio_pb2, split_pb2, split_service_pb2, upload_service_pb2

_VERIFICATIONS = {
    None: split_pb2.VERIFICATION_UNSPECIFIED,
    "edges": split_pb2.VERIFICATION_EDGES,
    "full": split_pb2.VERIFICATION_FULL,
}


def parse_split(fields: JsonObject, request_id: str) -> split_service_pb2.CreateSplitRequest:
    body = validated(CreateSplitBody, fields)
    return split_service_pb2.CreateSplitRequest(
        **_wish(body),
        verification=_VERIFICATIONS[body.verification],
        transcribe=None if body.transcribe is None else transcribe(body.transcribe),
        webhook_url=body.webhookUrl or "",
        priority=priority_value(body.priority),
        metadata=None if body.metadata is None else to_struct("metadata", body.metadata),
        request_id=request_id,
    )


def parse_plan(fields: JsonObject) -> split_service_pb2.PlanSplitRequest:
    return split_service_pb2.PlanSplitRequest(**_wish(validated(PlanSplitBody, fields)))


def parse_upload(fields: JsonObject, request_id: str) -> upload_service_pb2.CreateUploadRequest:
    body = validated(CreateUploadBody, fields)
    size_bytes = 0 if body.size is None else in_range("size", body.size, MAX_SAFE_INTEGER)
    return upload_service_pb2.CreateUploadRequest(
        file_name=body.fileName, content_type=body.contentType or "", size=size_bytes, request_id=request_id
    )


def _wish(body: PlanSplitBody) -> dict[str, Any]:
    """The fields that a job and a plan have in common."""
    return {
        "source": _source(body),
        "mode": split_mode(body),
        "options": cut_options(body),
        "output_format": _format(body.outputFormat),
        "encoding": _encoding(body.encoding),
        "tags": _tags(body.tags),
        "strict": bool(body.strict),
    }


def _source(body: PlanSplitBody) -> split_pb2.SplitSource:
    if body.sourceUrl is not None and body.sourceUpload is not None:
        raise InvalidParams({"sourceUpload": "Give sourceUrl or sourceUpload, not both."})
    if body.sourceUpload is not None:
        return split_pb2.SplitSource(upload_id=body.sourceUpload)
    if body.sourceUrl is None:
        raise InvalidParams({"sourceUrl": SENTENCES["missing"]})
    return split_pb2.SplitSource(url=body.sourceUrl)


def _format(name: str | None) -> audio_pb2.AudioFormat.ValueType:
    if name is None:
        return audio_pb2.AUDIO_FORMAT_UNSPECIFIED
    if name not in OUTPUT_FORMATS:
        raise InvalidFormat({"outputFormat": f"Must be one of {', '.join(OUTPUT_FORMATS)}."})
    return OUTPUT_FORMATS[name]


def _encoding(body: EncodingBody | None) -> split_pb2.EncodeOptions | None:
    if body is None:
        return None
    return split_pb2.EncodeOptions(
        bit_rate=body.bitRate or 0,
        quality=body.quality,
        sample_rate=body.sampleRate or 0,
        channels=body.channels or 0,
        bit_depth=body.bitDepth or 0,
    )


def _tags(tags: str | TitleBody | None) -> split_pb2.TagOptions | None:
    if isinstance(tags, TitleBody):
        return split_pb2.TagOptions(title=tags.title)
    if tags == "none":
        return split_pb2.TagOptions(policy=split_pb2.TagOptions.POLICY_NONE)
    return None
