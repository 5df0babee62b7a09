"""Turns what bodies say of how to transcribe into the messages of the protos."""

from gateway.speech.bodies import OutputBody, TranscribeBody, TranscriptionBody, VocabularyBody
from zerokerf.v1.batch_pb2 import OutputConfig, SrtOverrides, TranscriptionConfig, VocabularyEntry
from zerokerf.v1.split_pb2 import Transcribe

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


def transcribe(body: TranscribeBody) -> Transcribe:
    config, output = body.transcription_config, body.output_config
    return Transcribe(
        model_code=body.model_code or "",
        transcription_config=None if config is None else transcription_config(config),
        output_config=None if output is None else output_config(output),
    )


def transcription_config(body: TranscriptionBody) -> TranscriptionConfig:
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


def output_config(body: OutputBody) -> OutputConfig:
    overrides = body.srt_overrides
    if overrides is None:
        return OutputConfig()
    return OutputConfig(
        srt_overrides=SrtOverrides(max_line_length=overrides.max_line_length, max_lines=overrides.max_lines)
    )
