"""What a split job may ask of transcription: the rules of transcription jobs, told of its own field."""

from server.api.batch_config import (
    config_message,
    model_code_of,
    output_config,
    output_message,
    transcription_config,
)
from server.jobs.speech_model import SpeechRequest
from server.speech.models import Models
from zerokerf.errors import InvalidParams
from zerokerf.v1 import split_pb2

_FIELD = "transcribe"


def speech_request(message: split_pb2.Transcribe, models: Models) -> SpeechRequest:
    """Raises InvalidParams or one of its kinds, naming the field."""
    code = model_code_of(message.model_code)
    try:
        return SpeechRequest(
            model_code=code,
            transcription_config=transcription_config(message.transcription_config, code, models),
            output_config=output_config(message.output_config) if message.HasField("output_config") else None,
        )
    except InvalidParams as error:
        error.violations = {f"{_FIELD}.{path}": told for path, told in error.violations.items()}
        raise


def transcribe_message(request: SpeechRequest) -> split_pb2.Transcribe:
    output = request.output_config
    return split_pb2.Transcribe(
        model_code=request.model_code,
        transcription_config=config_message(request.transcription_config),
        output_config=None if output is None else output_message(output),
    )
