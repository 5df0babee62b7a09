"""What a split job may ask of transcription: what passes, and which field a breach names."""

from collections.abc import Callable

import pytest

from server.api import validation
from server.api.convert import listed_message
from server.api.speech_rules import speech_request, transcribe_message
from server.fetch.guard import AddressPolicy
from server.jobs.speech_model import SpeechRequest
from tests.api.batch_models import models
from tests.api.test_convert import job
from zerokerf.errors import InvalidParams
from zerokerf.v1.batch_pb2 import OutputConfig, SrtOverrides, TranscriptionConfig, VocabularyEntry
from zerokerf.v1.split_pb2 import PartsMode, SplitMode, SplitSource, Transcribe
from zerokerf.v1.split_service_pb2 import CreateSplitRequest

Change = Callable[[Transcribe], object]
USUAL = {"language": "en", "operating_point": "standard", "diarization": "none"}


def asked(change: Change | None) -> SpeechRequest | None:
    request = CreateSplitRequest(
        source=SplitSource(url="https://example.com/a.mp3"), mode=SplitMode(parts=PartsMode(count=2))
    )
    if change is not None:
        request.transcribe.SetInParent()
        change(request.transcribe)
    return validation.split_request(request, AddressPolicy(), models()).transcribe


def test_nothing_is_transcribed_unless_it_is_asked_for() -> None:
    assert asked(None) is None


def test_an_empty_wish_has_every_default_filled_in() -> None:
    assert asked(lambda _: None) == SpeechRequest("slng/speechmatics/batch:15.0.0", USUAL)


def test_all_that_transcription_jobs_take_is_taken_and_repeated() -> None:
    wish = Transcribe(
        model_code="ours/large",
        transcription_config=TranscriptionConfig(
            language="de",
            operating_point=TranscriptionConfig.OPERATING_POINT_ENHANCED,
            diarization=TranscriptionConfig.DIARIZATION_CHANNEL,
            additional_vocab=[VocabularyEntry(content="Größe", sounds_like=["grosse"])],
        ),
        output_config=OutputConfig(srt_overrides=SrtOverrides(max_lines=1)),
    )

    assert transcribe_message(speech_request(wish, models())) == wish


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        (lambda wish: setattr(wish, "model_code", "nobody/knows"), "model_code", "UNSUPPORTED_MODEL"),
        (
            lambda wish: setattr(wish.transcription_config, "language", "de"),
            "transcription_config.language",
            "UNSUPPORTED_LANGUAGE",
        ),
        (
            lambda wish: setattr(wish.transcription_config, "diarization", 2),
            "transcription_config.diarization",
            "INVALID_TRANSCRIPTION_CONFIG",
        ),
        (
            lambda wish: setattr(wish.output_config.srt_overrides, "max_lines", 0),
            "output_config.srt_overrides.max_lines",
            "INVALID_PARAMS",
        ),
    ],
    ids=["model", "language", "diarization", "lines"],
)
def test_what_cannot_be_done_names_its_field(change: Change, field: str, reason: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        asked(change)

    assert list(refused.value.violations) == [f"transcribe.{field}"]
    assert refused.value.reason == reason


def test_lists_leave_long_vocabularies_out() -> None:
    config = {**USUAL, "additional_vocab": [{"content": "word"}]}

    message = listed_message(job(parts=2, transcribe=SpeechRequest("ours/large", config)))

    assert message.transcribe.model_code == "ours/large"
    assert not message.transcribe.transcription_config.additional_vocab
