"""What may be asked of a transcription, and with which sentences the rest is refused."""

from pathlib import Path

import pytest

from server.speech.model_files import ModelFiles
from server.speech.models import Model
from server.speech.options import Diarization, OperatingPoint, SpeechOptions, check_model, read_options
from server.speech.vocabulary import Expected
from tests.speech.test_models import multilingual
from zerokerf.errors import InvalidTranscriptionConfig, UnsupportedLanguage


@pytest.fixture
def english(model_files: ModelFiles) -> Model:
    return Model("ours/tiny.en", model_files)


@pytest.fixture
def many(tmp_path: Path) -> Model:
    return Model("ours/tiny", multilingual(tmp_path / "model"))


def test_everything_has_a_default() -> None:
    assert read_options({}) == SpeechOptions()


def test_all_that_is_honoured_is_read() -> None:
    options = read_options(
        {
            "language": "de",
            "operating_point": "enhanced",
            "diarization": "channel",
            "enable_entities": False,
            "additional_vocab": [{"content": "Zerokerf", "sounds_like": ["zero curve"]}, {"content": "S3"}],
        }
    )

    assert options == SpeechOptions(
        language="de",
        operating_point=OperatingPoint.ENHANCED,
        diarization=Diarization.CHANNEL,
        vocabulary=(Expected("Zerokerf", ("zero curve",)), Expected("S3")),
    )
    assert options.hints == ("Zerokerf", "S3")


@pytest.mark.parametrize(
    ("config", "where", "sentence"),
    [
        ({"language": 3}, "language", "language must be a string."),
        ({"language": None}, "language", "language must be a string."),
        ({"operating_point": "best"}, "operating_point", "must be one of: standard, enhanced."),
        ({"operating_point": ["enhanced"]}, "operating_point", "must be a string"),
        ({"diarization": "speaker"}, "diarization", "'speaker' is not available here"),
        ({"diarization": "both"}, "diarization", "must be one of: none, channel."),
        ({"enable_entities": True}, "enable_entities", "Entities are not available here."),
        ({"enable_entities": "no"}, "enable_entities", "must be true or false"),
        ({"domain": "medical"}, "domain", "domain is not available here."),
        ({"output_locale": "en-GB"}, "output_locale", "output_locale is not available here."),
        ({"audio_filtering_config": {}}, "audio_filtering_config", "not available here"),
        ({"punctuation_overrides": {}}, "punctuation_overrides", "not available here"),
        ({"additional_vocab": "Zerokerf"}, "additional_vocab", "must be a list of at most 1000"),
        ({"additional_vocab": [{"content": "x"}] * 1001}, "additional_vocab", "at most 1000"),
        ({"additional_vocab": ["Zerokerf"]}, "additional_vocab[0]", "must have a content"),
        ({"additional_vocab": [{}]}, "additional_vocab[0]", "must have a content"),
        ({"additional_vocab": [{"content": " "}]}, "additional_vocab[0]", "must have a content"),
        ({"additional_vocab": [{"content": 1}]}, "additional_vocab[0]", "must have a content"),
        ({"additional_vocab": [{"content": "a b c d e f g"}]}, "additional_vocab[0]", "1 to 6 words"),
        ({"additional_vocab": [{"content": "<|endoftext|>"}]}, "additional_vocab[0]", "must have a content"),
        ({"additional_vocab": [{"content": "a\x00b"}]}, "additional_vocab[0]", "must have a content"),
        ({"additional_vocab": [{"content": "a", "weight": 2}]}, "additional_vocab[0]", "must have a content"),
        (
            {"additional_vocab": [{"content": "a"}, {"content": "b", "sounds_like": "be"}]},
            "additional_vocab[1]",
            "sounds_like must be a list",
        ),
        (
            {"additional_vocab": [{"content": "a", "sounds_like": [""]}]},
            "additional_vocab[0]",
            "sounds_like must be a list",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(config: dict[str, object], where: str, sentence: str) -> None:
    with pytest.raises(InvalidTranscriptionConfig) as caught:
        read_options(config)

    assert sentence in caught.value.violations[f"transcription_config.{where}"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidTranscriptionConfig) as caught:
        read_options({"language": 1, "domain": "finance", "diarization": "speaker"})

    assert len(caught.value.violations) == 3


@pytest.mark.parametrize("language", ["de", "cmn", "auto", "xx", "EN", ""])
def test_an_english_model_is_asked_for_english_only(english: Model, language: str) -> None:
    check_model(SpeechOptions(), english)

    with pytest.raises(UnsupportedLanguage, match="knows English only"):
        check_model(SpeechOptions(language=language), english)


@pytest.mark.parametrize("language", ["en", "de", "zh", "cmn", "auto"])
def test_a_multilingual_model_is_asked_for_what_it_knows(many: Model, language: str) -> None:
    check_model(SpeechOptions(language=language), many)

    with pytest.raises(UnsupportedLanguage, match="cannot transcribe 'eo': it knows cmn, de, en, haw, zh"):
        check_model(SpeechOptions(language="eo"), many)


def test_more_vocabulary_than_a_model_can_take_in_is_refused(english: Model) -> None:
    few = tuple(Expected(f"Nagg{index}") for index in range(20))

    check_model(SpeechOptions(vocabulary=few), english)

    with pytest.raises(InvalidTranscriptionConfig, match="room for 200"):
        check_model(SpeechOptions(vocabulary=few * 10), english)
