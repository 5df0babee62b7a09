"""The bodies of requests to split: one recording, where to cut it, and what the segments are to be."""

import math
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from gateway.bodies import MAX_INT32, MAX_SAFE_INTEGER, Body, Number, Seconds, variant
from gateway.priorities import PriorityName
from gateway.speech.bodies import TranscribeBody
from zerokerf.v1 import audio_pb2

Scalar = str | int | float | bool | None
SplitModeName = Literal["duration", "fileSize", "parts", "timestamps", "chapters", "cue", "silence"]

OUTPUT_FORMATS = {
    "mp3": audio_pb2.AUDIO_FORMAT_MP3,
    "wav": audio_pb2.AUDIO_FORMAT_WAV,
    "flac": audio_pb2.AUDIO_FORMAT_FLAC,
    "ogg": audio_pb2.AUDIO_FORMAT_OGG,
    "aac": audio_pb2.AUDIO_FORMAT_AAC,
}

_POLICY, _TITLE = variant("policy"), variant("title")


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


def _policy(tags: object) -> object:
    if tags not in ("copy", "none"):
        raise ValueError('Must be "copy", "none" or an object with a title.')
    return tags


class EncodingBody(Body):
    """What is asked of the encoder. Whatever is given makes the job encode where it would copy frames."""

    bitRate: int | None = Field(  # noqa: N815 - JSON
        None, ge=1, le=MAX_INT32, description="Bits a second, for mp3, ogg, opus, aac and m4a."
    )
    quality: Number | None = Field(
        None,
        description="In place of a bit rate: mp3 0 (best) to 9, ogg -1 to 10 (best), flac 0 to 8 (smallest).",
    )
    sampleRate: int | None = Field(None, ge=1, le=MAX_INT32, description="In Hz.")  # noqa: N815 - JSON
    channels: int | None = Field(None, ge=1, le=MAX_INT32, description="1 is mono, 2 is stereo.")
    bitDepth: int | None = Field(  # noqa: N815 - JSON
        None, ge=1, le=MAX_INT32, description="For wav 8, 16, 24 or 32, for flac 16 or 24."
    )


class TitleBody(Body):
    """Tags as they are, but for the title."""

    title: str = Field(
        min_length=1,
        description="Of each segment, with the fields {title}, {artist}, {album}, {date}, {segment}, {n}, "
        "{index} and {count}, padded as in {n:02}.",
    )


Tags = Annotated[
    Annotated[Literal["copy", "none"], BeforeValidator(_policy), Tag(_POLICY)]
    | Annotated[TitleBody, Tag(_TITLE)],
    Discriminator(lambda tags: _TITLE if isinstance(tags, dict | TitleBody) else _POLICY),
]


class PlanSplitBody(Body):
    """One recording and where to cut it. Exactly one of `sourceUrl` and `sourceUpload` is required."""

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
    encoding: EncodingBody | None = Field(
        None, description="What is absent is as in the source, wherever the format can carry it."
    )
    tags: Tags | None = Field(
        None,
        description="`copy`, the default: title, cover and chapters of the source, renumbered. `none`. Or a "
        "template of titles.",
    )
    strict: bool | None = Field(
        None,
        description="Whether a damaged source fails, with `CORRUPT_FILE`. Else it is cut as far as it goes.",
    )


class CreateSplitBody(PlanSplitBody):
    """Asks for one recording to be cut. Exactly one of `sourceUrl` and `sourceUpload` is required."""

    verification: Literal["edges", "full"] | None = Field(
        None, description="`full` compares every copied sample with the source, not only those at both ends."
    )
    transcribe: TranscribeBody | None = Field(
        None, description="Transcribes the recording too: as a whole, and word by word into its segments."
    )
    webhookUrl: str | None = Field(None, description="An https URL.")  # noqa: N815 - JSON
    priority: PriorityName = None
    metadata: Annotated[dict[str, Scalar] | None, BeforeValidator(_plain)] = Field(
        None, description="Up to 50 pairs of your own, returned as given."
    )
