"""Turns the bodies of requests into the messages of the protos."""

from google.protobuf.struct_pb2 import NULL_VALUE, Struct, Value

from gateway.bodies import (
    MAX_SAFE_INTEGER,
    OUTPUT_FORMATS,
    SENTENCES,
    CreateSplitBody,
    CreateUploadBody,
    Scalar,
    validated,
)
from gateway.modes import cut_options, in_range, split_mode
from gateway.strict_json import JsonObject
from zerokerf.errors import InvalidFormat, InvalidParams
from zerokerf.v1 import audio_pb2, split_pb2, split_service_pb2, upload_service_pb2


def parse_split(fields: JsonObject, request_id: str) -> split_service_pb2.CreateSplitRequest:
    body = validated(CreateSplitBody, fields)
    return split_service_pb2.CreateSplitRequest(
        source=_source(body),
        mode=split_mode(body),
        options=cut_options(body),
        output_format=_format(body.outputFormat),
        webhook_url=body.webhookUrl or "",
        metadata=None if body.metadata is None else _struct(body.metadata),
        request_id=request_id,
    )


def parse_upload(fields: JsonObject, request_id: str) -> upload_service_pb2.CreateUploadRequest:
    body = validated(CreateUploadBody, fields)
    size_bytes = 0 if body.size is None else in_range("size", body.size, MAX_SAFE_INTEGER)
    return upload_service_pb2.CreateUploadRequest(
        file_name=body.fileName, content_type=body.contentType or "", size=size_bytes, request_id=request_id
    )


def _source(body: CreateSplitBody) -> split_pb2.SplitSource:
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


def _struct(metadata: dict[str, Scalar]) -> Struct:
    return Struct(fields={name: _value(value) for name, value in metadata.items()})


def _value(scalar: Scalar) -> Value:
    if scalar is None:
        return Value(null_value=NULL_VALUE)
    if isinstance(scalar, bool):
        return Value(bool_value=scalar)
    if isinstance(scalar, str):
        return Value(string_value=scalar)
    return Value(number_value=scalar)
