"""How answers repeat how to transcribe: the same for transcription jobs and for split jobs."""

from typing import Any, NotRequired

from typing_extensions import TypedDict

from gateway.strict_json import JsonObject
from zerokerf.v1.batch_pb2 import OutputConfig, TranscriptionConfig
from zerokerf.v1.split_pb2 import Transcribe


class TranscribeJson(TypedDict):
    """As requested, with every default filled in."""

    model_code: str
    transcription_config: JsonObject
    output_config: NotRequired[JsonObject]


def transcribe_json(asked: Transcribe) -> TranscribeJson:
    answer = TranscribeJson(
        model_code=asked.model_code, transcription_config=transcription_json(asked.transcription_config)
    )
    if asked.HasField("output_config"):
        answer["output_config"] = output_config_json(asked.output_config)
    return answer


def transcription_json(config: TranscriptionConfig) -> JsonObject:
    answer: JsonObject = {
        "language": config.language or "en",
        "operating_point": _name(TranscriptionConfig.OperatingPoint, config.operating_point) or "standard",
        "diarization": _name(TranscriptionConfig.Diarization, config.diarization) or "none",
    }
    for name in ("domain", "output_locale"):
        if value := getattr(config, name):
            answer[name] = value
    if config.HasField("enable_entities"):
        answer["enable_entities"] = config.enable_entities
    if config.additional_vocab:
        answer["additional_vocab"] = [
            {"content": entry.content}
            | ({"sounds_like": list(entry.sounds_like)} if entry.sounds_like else {})
            for entry in config.additional_vocab
        ]
    return answer


def output_config_json(config: OutputConfig) -> JsonObject:
    if not config.HasField("srt_overrides"):
        return {}
    overrides, shown = config.srt_overrides, JsonObject()
    if overrides.HasField("max_line_length"):
        shown["max_line_length"] = overrides.max_line_length
    if overrides.HasField("max_lines"):
        shown["max_lines"] = overrides.max_lines
    return {"srt_overrides": shown}


def _name(kind: Any, value: int) -> str:  # noqa: ANN401 - the stubs have no class for all enums
    """The last word of the value's name; empty for one that this version does not know."""
    known = value in kind.values() and value != 0
    return str(kind.Name(value)).rpartition("_")[2].lower() if known else ""
