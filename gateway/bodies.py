"""The bodies of requests: their fields, strict types and conversion to the protos."""

import math
from typing import Annotated, Literal, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import NULL_VALUE, Struct, Value
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from gateway.strict_json import JsonObject
from zerokerf.errors import InvalidFormat, InvalidParams
from zerokerf.v1 import audio_pb2, split_pb2, split_service_pb2, upload_service_pb2

Scalar = str | int | float | bool | None

#: The largest integer that every JSON reader keeps exactly.
MAX_SAFE_INTEGER = 2**53 - 1
#: The largest google.protobuf.Duration.
MAX_DURATION_S = 315_576_000_000

OUTPUT_FORMATS = {
    "mp3": audio_pb2.AUDIO_FORMAT_MP3,
    "wav": audio_pb2.AUDIO_FORMAT_WAV,
    "flac": audio_pb2.AUDIO_FORMAT_FLAC,
    "ogg": audio_pb2.AUDIO_FORMAT_OGG,
    "aac": audio_pb2.AUDIO_FORMAT_AAC,
}

#: What to say for pydantic's kinds of mistakes; the others have good sentences of their own.
SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
    "int_type": "Must be a whole number.",
    "int_from_float": "Must be a whole number.",
    "string_type": "Must be a string.",
    "dict_type": "Must be an object.",
}


def _plain(metadata: object) -> object:
    if isinstance(metadata, dict):
        for name, value in metadata.items():
            _check_plain(name, value)
    return metadata


def _check_plain(name: str, value: object) -> None:
    if isinstance(value, dict | list):
        raise ValueError(  # noqa: TRY004 - pydantic reports only this class
            f"The value of {name!r} must be a string, a number, a boolean or null."
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"The number in {name!r} is too large.")
    if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        raise ValueError(f"The number in {name!r} cannot be kept exactly; send it as a string.")


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class CreateSplitBody(Body):
    """Asks for one recording to be cut. Exactly one of `sourceUrl` and `sourceUpload` is required."""

    sourceUrl: str | None = Field(None, description="Direct http or https link to the audio.")  # noqa: N815 - JSON
    sourceUpload: str | None = Field(None, description="The id of an upload, in place of `sourceUrl`.")  # noqa: N815 - JSON
    splitMode: Literal["duration", "fileSize"]  # noqa: N815 - JSON
    segmentDuration: int | None = Field(  # noqa: N815 - JSON
        None, description="Seconds, at least 1. Required when `splitMode` is `duration`, else ignored."
    )
    maxFileSize: int | None = Field(  # noqa: N815 - JSON
        None,
        description="Bytes that no segment exceeds. Required when `splitMode` is `fileSize`, else ignored.",
    )
    outputFormat: str | None = Field(  # noqa: N815 - JSON
        None,
        description="The format of the source when absent.",
        json_schema_extra={"enum": list(OUTPUT_FORMATS)},
    )
    webhookUrl: str | None = Field(None, description="An https URL.")  # noqa: N815 - JSON
    metadata: Annotated[dict[str, Scalar] | None, BeforeValidator(_plain)] = Field(
        None, description="Up to 50 pairs of your own, returned as given."
    )


B = TypeVar("B", bound=Body)


class CreateUploadBody(Body):
    """Asks for room for one file."""

    fileName: str = Field(description="Kept as the name of the source.")  # noqa: N815 - JSON
    contentType: str | None = Field(None, description="Media type of the file.")  # noqa: N815 - JSON
    size: int | None = Field(None, description="Size in bytes, checked at once against the limit.")


def parse_split(fields: JsonObject, request_id: str) -> split_service_pb2.CreateSplitRequest:
    body = _validated(CreateSplitBody, fields)
    return split_service_pb2.CreateSplitRequest(
        source=_source(body),
        mode=_mode(body),
        output_format=_format(body.outputFormat),
        webhook_url=body.webhookUrl or "",
        metadata=None if body.metadata is None else _struct(body.metadata),
        request_id=request_id,
    )


def parse_upload(fields: JsonObject, request_id: str) -> upload_service_pb2.CreateUploadRequest:
    body = _validated(CreateUploadBody, fields)
    size_bytes = 0 if body.size is None else _in_range("size", body.size, MAX_SAFE_INTEGER)
    return upload_service_pb2.CreateUploadRequest(
        file_name=body.fileName, content_type=body.contentType or "", size=size_bytes, request_id=request_id
    )


def _validated(model: type[B], fields: JsonObject) -> B:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise InvalidParams(
            {
                str(mistake["loc"][0]): SENTENCES.get(mistake["type"]) or _sentence(mistake["msg"])
                for mistake in reversed(error.errors(include_url=False, include_input=False))
            }
        ) from error


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should", "Must").rstrip(".") + "."


def _source(body: CreateSplitBody) -> split_pb2.SplitSource:
    if body.sourceUrl is not None and body.sourceUpload is not None:
        raise InvalidParams({"sourceUpload": "Give sourceUrl or sourceUpload, not both."})
    if body.sourceUpload is not None:
        return split_pb2.SplitSource(upload_id=body.sourceUpload)
    if body.sourceUrl is None:
        raise InvalidParams({"sourceUrl": SENTENCES["missing"]})
    return split_pb2.SplitSource(url=body.sourceUrl)


def _mode(body: CreateSplitBody) -> split_pb2.SplitMode:
    """The other mode's field is ignored, whatever it says."""
    if body.splitMode == "duration":
        length = Duration(seconds=_required("segmentDuration", body.segmentDuration, MAX_DURATION_S))
        return split_pb2.SplitMode(duration=split_pb2.DurationMode(segment_duration=length))
    limit_bytes = _required("maxFileSize", body.maxFileSize, MAX_SAFE_INTEGER)
    return split_pb2.SplitMode(file_size=split_pb2.FileSizeMode(max_file_size=limit_bytes))


def _required(name: str, value: int | None, most: int) -> int:
    if value is None:
        raise InvalidParams({name: SENTENCES["missing"]})
    return _in_range(name, value, most)


def _in_range(name: str, value: int, most: int) -> int:
    """Only keeps numbers that the wire can carry; what a number may be is the server's to say."""
    if abs(value) > most:
        raise InvalidParams({name: f"Must be at most {most}."})
    return value


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
