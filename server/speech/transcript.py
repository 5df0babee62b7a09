"""What was said, by whom and when: the one value that recognizers make and every format is written from."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

#: Never part of a text: control characters, halves of surrogate pairs, characters that turn the reading
#: direction of what follows, byte order marks and the mark of bytes that are no text.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufffd\ufffe\uffff]"
)
_UNFIT = re.compile(rf"\s|{UNPRINTABLE.pattern}")


class Attachment(StrEnum):
    """On which sides a mark stands without a gap."""

    PREVIOUS = "previous"
    NEXT = "next"
    BOTH = "both"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Mark:
    """Punctuation: one sign, or a run such as `?!` or `...`."""

    text: str
    attaches_to: Attachment = Attachment.PREVIOUS
    is_eos: bool = False

    def __post_init__(self) -> None:
        _check_text(self.text)


@dataclass(frozen=True, slots=True)
class Word:
    """One word with the marks round it. Times count from the beginning of the source.

    The text is never empty and holds no white space and nothing unprintable.
    """

    text: str
    start_ms: int
    end_ms: int
    confidence: float
    language: str
    before: tuple[Mark, ...] = ()
    after: tuple[Mark, ...] = ()
    speaker: str | None = None
    channel: str | None = None

    def __post_init__(self) -> None:
        _check_text(self.text)
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError("a confidence is between 0 and 1")

    @property
    def ends_sentence(self) -> bool:
        return any(mark.is_eos for mark in self.after)

    def moved(self, by_ms: int) -> "Word":
        return replace(self, start_ms=self.start_ms + by_ms, end_ms=self.end_ms + by_ms)


@dataclass(frozen=True, slots=True)
class Transcript:
    """Words in order of their starts; those of one channel do not overlap, and none leaves the audio.

    The language is the one that the text as a whole is written in; a word may be of another.
    """

    words: tuple[Word, ...]
    language: str
    duration_ms: int

    def __post_init__(self) -> None:
        if self.duration_ms < 0:
            raise ValueError("audio is not shorter than nothing")
        earliest_ms = 0
        free_from_ms: dict[str | None, int] = {}
        for word in self.words:
            if word.start_ms < max(earliest_ms, free_from_ms.get(word.channel, 0)):
                raise ValueError("a word starts before the one before it is over")
            if not word.start_ms <= word.end_ms <= self.duration_ms:
                raise ValueError("a word ends before it starts, or after the audio")
            earliest_ms = word.start_ms
            free_from_ms[word.channel] = word.end_ms


def _check_text(text: str) -> None:
    if not text or _UNFIT.search(text):
        raise ValueError("a text is empty, or holds white space or what cannot be printed")
