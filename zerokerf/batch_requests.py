"""Turns what a caller means by a transcription into the messages of the contract."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from google.protobuf.struct_pb2 import Struct

from zerokerf.errors import InvalidParams, InvalidTranscriptionConfig
from zerokerf.requests import in_int32
from zerokerf.v1.batch_pb2 import (
    BatchSource,
    OutputConfig,
    SrtOverrides,
    TranscriptionConfig,
    VocabularyEntry,
)

OperatingPoint = Literal["standard", "enhanced"]
Diarization = Literal["none", "channel", "speaker"]

_POINTS: Mapping[str, TranscriptionConfig.OperatingPoint.ValueType] = {
    "standard": TranscriptionConfig.OPERATING_POINT_STANDARD,
    "enhanced": TranscriptionConfig.OPERATING_POINT_ENHANCED,
}
_DIARIZATIONS: Mapping[str, TranscriptionConfig.Diarization.ValueType] = {
    "none": TranscriptionConfig.DIARIZATION_NONE,
    "channel": TranscriptionConfig.DIARIZATION_CHANNEL,
    "speaker": TranscriptionConfig.DIARIZATION_SPEAKER,
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """A word or a few that are likely to be said, and spellings of how they sound."""

    content: str
    sounds_like: tuple[str, ...] = ()


class SpeechWish(TypedDict, total=False):
    """How a recording is to be transcribed. What is left out is left to the service."""

    language: str
    model: str
    operating_point: OperatingPoint
    diarization: Diarization
    vocabulary: Sequence[str | Phrase]
    line_length: int | None
    lines: int | None


def speech_fields(
    *,
    language: str = "",
    model: str = "",
    operating_point: OperatingPoint = "standard",
    diarization: Diarization = "none",
    vocabulary: Sequence[str | Phrase] = (),
    line_length: int | None = None,
    lines: int | None = None,
) -> dict[str, Any]:
    """The fields that everything which asks for transcripts has in common. Raises InvalidParams."""
    config = TranscriptionConfig(
        language=language,
        operating_point=_known("operating_point", operating_point, _POINTS),
        diarization=_known("diarization", diarization, _DIARIZATIONS),
        additional_vocab=_entries(vocabulary),
    )
    return {
        "model_code": model,
        "transcription_config": config,
        "output_config": _output(line_length, lines),
    }


def batch_source(*, url: str | None, upload_id: str | None) -> BatchSource:
    return BatchSource(url=url) if url is not None else BatchSource(upload_id=upload_id or "")


def json_struct(field: str, value: Mapping[str, object] | None) -> Struct | None:
    """Raises InvalidParams for what is not JSON."""
    if value is None:
        return None
    struct = Struct()
    try:
        struct.update(value)  # type: ignore[arg-type]  # checked here: the stubs know JSON only by its types
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidParams({field: "Must be a JSON object."}) from error
    return struct


def _known(name: str, value: str, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - numbers of any enum
    if value not in values:
        sentence = f"{value!r} is not one of {', '.join(values)}."
        raise InvalidTranscriptionConfig({f"transcription_config.{name}": sentence})
    return values[value]


def _entries(vocabulary: Sequence[str | Phrase]) -> Iterable[VocabularyEntry]:
    if isinstance(vocabulary, str):
        sentence = "Give a list of words: a text would be taken for one word a letter."
        raise InvalidTranscriptionConfig({"transcription_config.additional_vocab": sentence})
    for each in vocabulary:
        phrase = Phrase(each) if isinstance(each, str) else each
        yield VocabularyEntry(content=phrase.content, sounds_like=phrase.sounds_like)


def _output(line_length: int | None, lines: int | None) -> OutputConfig | None:
    given = {"max_line_length": line_length, "max_lines": lines}
    overrides = {
        name: in_int32(f"output_config.srt_overrides.{name}", value)
        for name, value in given.items()
        if value is not None
    }
    return OutputConfig(srt_overrides=SrtOverrides(**overrides)) if overrides else None
