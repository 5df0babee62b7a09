"""Reads `transcription_config`: what is asked for is done or refused with a sentence, never passed over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from server.speech.models import Model
from server.speech.transcript import UNPRINTABLE
from server.speech.vocabulary import Expected, hint_of
from zerokerf.errors import InvalidTranscriptionConfig, UnsupportedLanguage

AUTO = "auto"

_FIELD = "transcription_config"
_MOST_ENTRIES = 1000
_MOST_WORDS = 6  # of one entry
_MOST_HINT_TOKENS = 200  # the model has room for 448, its answer of 30 s included


class OperatingPoint(StrEnum):
    STANDARD = "standard"
    ENHANCED = "enhanced"


class Diarization(StrEnum):
    NONE = "none"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechOptions:
    """What a job asks of transcription. The language is a code of the API or `auto`."""

    language: str = "en"
    operating_point: OperatingPoint = OperatingPoint.STANDARD
    diarization: Diarization = Diarization.NONE
    vocabulary: tuple[Expected, ...] = ()

    @property
    def hints(self) -> tuple[str, ...]:
        return tuple(expected.content for expected in self.vocabulary)


def read_options(config: Mapping[str, object]) -> SpeechOptions:
    """Raises InvalidTranscriptionConfig that names every member at fault."""
    reading = _Reading(config)
    options = SpeechOptions(
        language=reading.text("language", "en"),
        operating_point=OperatingPoint(reading.choice("operating_point", list(OperatingPoint))),
        diarization=Diarization(
            reading.choice("diarization", list(Diarization), {"speaker": "telling speakers apart by voice"})
        ),
        vocabulary=reading.vocabulary("additional_vocab"),
    )
    reading.refuse_entities()
    reading.refuse_rest()
    if reading.violations:
        raise InvalidTranscriptionConfig(reading.violations)
    return options


def check_model(options: SpeechOptions, model: Model) -> None:
    """Raises UnsupportedLanguage, or InvalidTranscriptionConfig for more vocabulary than fits."""
    files = model.files
    is_known = not files.is_english_only if options.language == AUTO else options.language in files.languages
    if not is_known:
        raise UnsupportedLanguage(options.language, model.code, sorted(files.languages))
    tokens = files.count_tokens(hint_of(options.hints))
    if tokens > _MOST_HINT_TOKENS:
        sentence = (
            f"The vocabulary takes {tokens} tokens; model {model.code} has room for {_MOST_HINT_TOKENS}."
        )
        raise InvalidTranscriptionConfig({f"{_FIELD}.additional_vocab": sentence})


class _Reading:
    """Takes members out of a config one by one and collects what is wrong with them."""

    def __init__(self, config: Mapping[str, object]) -> None:
        self._left = dict(config)
        self.violations: dict[str, str] = {}

    def text(self, name: str, default: str) -> str:
        value = self._left.pop(name, default)
        if isinstance(value, str):
            return value
        self._refuse(name, f"{name} must be a string.")
        return default

    def choice(self, name: str, allowed: Sequence[str], missing: Mapping[str, str] | None = None) -> str:
        value = self.text(name, allowed[0])
        if value in allowed:
            return value
        what = (missing or {}).get(value)
        if what:
            self._refuse(name, f"{name} {value!r} is not available here: there is no {what}.")
        else:
            self._refuse(name, f"{name} must be one of: {', '.join(allowed)}.")
        return allowed[0]

    def vocabulary(self, name: str) -> tuple[Expected, ...]:
        entries = self._left.pop(name, [])
        if not isinstance(entries, list) or len(entries) > _MOST_ENTRIES:
            self._refuse(name, f"{name} must be a list of at most {_MOST_ENTRIES} objects.")
            return ()
        found = [self._expected(f"{name}[{index}]", entry) for index, entry in enumerate(entries)]
        return tuple(expected for expected in found if expected)

    def refuse_entities(self) -> None:
        value = self._left.pop("enable_entities", False)
        if not isinstance(value, bool):
            self._refuse("enable_entities", "enable_entities must be true or false.")
        elif value:
            self._refuse("enable_entities", "Entities are not available here.")

    def refuse_rest(self) -> None:
        for name in self._left:
            self._refuse(name, f"{name} is not available here.")

    def _expected(self, where: str, entry: object) -> Expected | None:
        content = entry.get("content") if isinstance(entry, dict) else None
        sounds = entry.get("sounds_like", []) if isinstance(entry, dict) else None
        if (
            not isinstance(entry, dict)
            or not _is_phrase(content)
            or entry.keys() - {"content", "sounds_like"}
        ):
            self._refuse(where, f"{where} must have a content of 1 to {_MOST_WORDS} words.")
        elif not isinstance(sounds, list) or not all(map(_is_phrase, sounds)):
            self._refuse(where, f"{where}.sounds_like must be a list of 1 to {_MOST_WORDS} words each.")
        else:
            return Expected(str(content), tuple(map(str, sounds)))
        return None

    def _refuse(self, name: str, sentence: str) -> None:
        self.violations.setdefault(f"{_FIELD}.{name}", sentence)


def _is_phrase(value: object) -> bool:
    """Nothing of it may be taken for a mark of the model's own."""
    return (
        isinstance(value, str)
        and 1 <= len(value.split()) <= _MOST_WORDS
        and "<|" not in value
        and not UNPRINTABLE.search(value)
    )
