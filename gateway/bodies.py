"""The bodies of requests: their fields and strict types."""

import math
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from gateway.strict_json import JsonObject
from zerokerf.errors import InvalidParams
from zerokerf.v1 import audio_pb2

Scalar = str | int | float | bool | None

#: The largest integer that every JSON reader keeps exactly.
MAX_SAFE_INTEGER = 2**53 - 1
SplitModeName = Literal["duration", "fileSize", "parts", "timestamps", "chapters", "cue", "silence"]

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
    "list_type": "Must be a list.",
    "dict_type": "Must be an object.",
}


def _plain(metadata: object) -> object:
    if not isinstance(metadata, dict):
        return metadata
    plain = {name: float(value) if isinstance(value, Decimal) else value for name, value in metadata.items()}
    for name, value in plain.items():
        _check_plain(name, value)
    return plain


def _check_plain(name: str, value: object) -> None:
    if isinstance(value, dict | list):
        raise ValueError(  # noqa: TRY004 - pydantic reports only this class
            f"The value of {name!r} must be a string, a number, a boolean or null."
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"The number in {name!r} is too large.")
    if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        raise ValueError(f"The number in {name!r} cannot be kept exactly; send it as a string.")


def _exact(seconds: object) -> Decimal:
    if isinstance(seconds, int) and not isinstance(seconds, bool):
        return Decimal(seconds)
    if isinstance(seconds, Decimal):
        return seconds
    raise ValueError("Must be a number of seconds.")


#: A number as it was written, down to its last digit.
Seconds = Annotated[Decimal, BeforeValidator(_exact), WithJsonSchema({"type": "number"})]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class CreateSplitBody(Body):
    """Asks for one recording to be cut. Exactly one of `sourceUrl` and `sourceUpload` is required."""

    sourceUrl: str | None = Field(None, description="Direct http or https link to the audio.")  # noqa: N815 - JSON
    sourceUpload: str | None = Field(None, description="The id of an upload, in place of `sourceUrl`.")  # noqa: N815 - JSON
    splitMode: SplitModeName  # noqa: N815 - JSON
    segmentDuration: int | None = Field(  # noqa: N815 - JSON
        None, description="Seconds, at least 1. Required when `splitMode` is `duration`, else ignored."
    )
    maxFileSize: int | None = Field(  # noqa: N815 - JSON
        None,
        description="Bytes that no segment exceeds. Required when `splitMode` is `fileSize`, else ignored.",
    )
    parts: int | None = Field(
        None, description="How many equal parts. Required when `splitMode` is `parts`, else ignored."
    )
    timestamps: list[Seconds] | None = Field(
        None,
        description="Where to cut: seconds, rising. Required when `splitMode` is `timestamps`, else ignored.",
    )
    cueSheet: str | None = Field(  # noqa: N815 - JSON
        None, description="The text of a cue sheet. Required when `splitMode` is `cue`, else ignored."
    )
    minSilence: Seconds | None = Field(  # noqa: N815 - JSON
        None,
        description="Seconds, at least 0.1: how long the pauses are that are cut at. Required when "
        "`splitMode` is `silence`, else ignored.",
    )
    minSegment: Seconds | None = Field(  # noqa: N815 - JSON
        None, description="Seconds. When `splitMode` is `silence`, shorter pieces join a neighbour."
    )
    maxSegment: Seconds | None = Field(  # noqa: N815 - JSON
        None,
        description="Seconds. When `splitMode` is `silence`, longer pieces are cut where they are quietest.",
    )
    snapToSilence: Seconds | None = Field(  # noqa: N815 - JSON
        None, description="Seconds that a cut may move to fall into a pause. Not with `fileSize`."
    )
    overlap: Seconds | None = Field(
        None,
        description="Seconds by which each segment but the first begins earlier. Not with `fileSize`.",
    )
    minTail: Seconds | None = Field(  # noqa: N815 - JSON
        None, description="Seconds; a shorter last segment joins the one before. Not with `fileSize`."
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


def validated(model: type[B], fields: JsonObject) -> B:
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
