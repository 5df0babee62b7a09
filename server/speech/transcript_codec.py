"""Transcripts as bytes, to be kept between two steps of a job. Nothing is rounded."""

import json
from typing import Any

from server.speech.transcript import Attachment, Mark, Transcript, Word

_VERSION = 1


def packed(transcript: Transcript) -> bytes:
    document = {
        "version": _VERSION,
        "language": transcript.language,
        "duration_ms": transcript.duration_ms,
        "words": [_row(word) for word in transcript.words],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def unpacked(content: bytes) -> Transcript:
    """Raises ValueError for anything that is not what was packed."""
    try:
        document = json.loads(content)
        version = document["version"]
        words = tuple(_word(*row) for row in document["words"])
        transcript = Transcript(words, document["language"], document["duration_ms"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("no packed transcript") from error
    if version != _VERSION:
        raise ValueError("a packed transcript of another version")
    return transcript


def _row(word: Word) -> list[object]:
    return [
        word.text,
        word.start_ms,
        word.end_ms,
        word.confidence,
        word.language,
        [_mark_row(mark) for mark in word.before],
        [_mark_row(mark) for mark in word.after],
        word.speaker,
        word.channel,
    ]


def _mark_row(mark: Mark) -> list[object]:
    return [mark.text, mark.attaches_to.value, mark.is_eos]


def _word(
    text: str,
    start_ms: int,
    end_ms: int,
    confidence: float,
    language: str,
    before: list[Any],
    after: list[Any],
    speaker: str | None,
    channel: str | None,
) -> Word:
    return Word(text, start_ms, end_ms, confidence, language, _marks(before), _marks(after), speaker, channel)


def _marks(rows: list[Any]) -> tuple[Mark, ...]:
    return tuple(Mark(text, Attachment(side), is_eos) for text, side, is_eos in rows)
