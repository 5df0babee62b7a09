"""What is asked of a transcription: messages as the JSON that jobs keep, checked and with every default."""

import json
from typing import Any

from server.database.ids import shown
from server.speech.models import ALIAS, Models
from server.speech.options import OperatingPoint, SpeechOptions, check_model, read_options
from zerokerf.errors import InvalidParams, InvalidTranscriptionConfig, UnsupportedModel
from zerokerf.v1 import batch_pb2

MAX_CONFIG_BYTES = 64 * 1024
MAX_MODEL_CODE = 128
MAX_LINE_LENGTH = 1000
MAX_LINES = 100
_FIELD = "transcription_config"

OPERATING_POINTS: dict["batch_pb2.TranscriptionConfig.OperatingPoint.ValueType", str] = {
    batch_pb2.TranscriptionConfig.OPERATING_POINT_UNSPECIFIED: "standard",
    batch_pb2.TranscriptionConfig.OPERATING_POINT_STANDARD: "standard",
    batch_pb2.TranscriptionConfig.OPERATING_POINT_ENHANCED: "enhanced",
}
DIARIZATIONS: dict["batch_pb2.TranscriptionConfig.Diarization.ValueType", str] = {
    batch_pb2.TranscriptionConfig.DIARIZATION_UNSPECIFIED: "none",
    batch_pb2.TranscriptionConfig.DIARIZATION_NONE: "none",
    batch_pb2.TranscriptionConfig.DIARIZATION_SPEAKER: "speaker",
    batch_pb2.TranscriptionConfig.DIARIZATION_CHANNEL: "channel",
}
_POINT_VALUES = {name: value for value, name in OPERATING_POINTS.items()}
_DIARIZATION_VALUES = {name: value for value, name in DIARIZATIONS.items()}


def transcription_config(
    message: batch_pb2.TranscriptionConfig, model_code: str, models: Models
) -> dict[str, Any]:
    """Raises InvalidTranscriptionConfig, UnsupportedLanguage or UnsupportedModel."""
    config = _members(message)
    if len(json.dumps(config).encode()) > MAX_CONFIG_BYTES:
        sentence = f"{_FIELD} must not be larger than {MAX_CONFIG_BYTES} bytes."
        raise InvalidTranscriptionConfig({_FIELD: sentence})
    options = read_options(config)
    _check_against(options, model_code, models)
    return config


def model_code_of(code: str) -> str:
    """As the client named it, or the default."""
    return code or ALIAS


def config_message(config: dict[str, Any]) -> batch_pb2.TranscriptionConfig:
    return batch_pb2.TranscriptionConfig(
        language=config["language"],
        operating_point=_POINT_VALUES[config["operating_point"]],
        diarization=_DIARIZATION_VALUES[config["diarization"]],
        domain=config.get("domain", ""),
        output_locale=config.get("output_locale", ""),
        enable_entities=config.get("enable_entities"),
        additional_vocab=[batch_pb2.VocabularyEntry(**entry) for entry in config.get("additional_vocab", ())],
    )


def output_config(message: batch_pb2.OutputConfig) -> dict[str, Any]:
    """As it was given. Raises InvalidParams."""
    if not message.HasField("srt_overrides"):
        return {}
    limits = {"max_line_length": MAX_LINE_LENGTH, "max_lines": MAX_LINES}
    given = {field.name: value for field, value in message.srt_overrides.ListFields()}
    violations = {
        f"output_config.srt_overrides.{name}": f"{name} must be from 1 to {limits[name]}, not {value}."
        for name, value in given.items()
        if not 1 <= value <= limits[name]
    }
    if violations:
        raise InvalidParams(violations)
    return {"srt_overrides": given}


def output_message(config: dict[str, Any]) -> batch_pb2.OutputConfig:
    overrides = config.get("srt_overrides")
    if overrides is None:
        return batch_pb2.OutputConfig()
    return batch_pb2.OutputConfig(srt_overrides=batch_pb2.SrtOverrides(**overrides))


def _members(message: batch_pb2.TranscriptionConfig) -> dict[str, Any]:
    """Those with a default, and those that were set."""
    config: dict[str, Any] = {
        "language": message.language or "en",
        "operating_point": OPERATING_POINTS.get(message.operating_point, str(message.operating_point)),
        "diarization": DIARIZATIONS.get(message.diarization, str(message.diarization)),
    }
    if message.domain:
        config["domain"] = message.domain
    if message.output_locale:
        config["output_locale"] = message.output_locale
    if message.HasField("enable_entities"):
        config["enable_entities"] = message.enable_entities
    if message.additional_vocab:
        config["additional_vocab"] = [_entry(entry) for entry in message.additional_vocab]
    return config


def _entry(entry: batch_pb2.VocabularyEntry) -> dict[str, Any]:
    sounds = {"sounds_like": list(entry.sounds_like)} if entry.sounds_like else {}
    return {"content": entry.content, **sounds}


def _check_against(options: SpeechOptions, model_code: str, models: Models) -> None:
    if len(options.language) > MAX_MODEL_CODE:
        raise InvalidTranscriptionConfig({f"{_FIELD}.language": "language must be a language code."})
    if len(model_code) > MAX_MODEL_CODE:
        raise UnsupportedModel(shown(model_code), [ALIAS, *(model.code for model in models.all)])
    is_enhanced = options.operating_point is OperatingPoint.ENHANCED
    check_model(options, models.choose(model_code, is_enhanced=is_enhanced))
