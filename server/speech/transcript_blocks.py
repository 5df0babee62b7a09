"""Subtitles: which words are shown together, on which lines, from when to when."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from server.speech.transcript import Transcript, Word
from server.speech.transcript_languages import writing
from server.speech.transcript_text import gap_between, text_of

_PAUSE_MS = 2_000


@dataclass(frozen=True, slots=True)
class BlockShape:
    """How much one block may hold. Line lengths count white space."""

    max_line_length: int = 37
    max_lines: int = 2

    def __post_init__(self) -> None:
        if self.max_line_length < 1 or self.max_lines < 1:
            raise ValueError("a block has at least one line of one character")


@dataclass(frozen=True, slots=True)
class Block:
    start_ms: int
    end_ms: int
    lines: tuple[str, ...]

    def times(self, point: str) -> str:
        """From when to when, with that point in front of the milliseconds."""
        return f"{_clock(self.start_ms, point)} --> {_clock(self.end_ms, point)}"


def _clock(time_ms: int, point: str) -> str:
    seconds, milliseconds = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{milliseconds:03}"


@dataclass(frozen=True, slots=True)
class _Token:
    """What is never parted: a word with its marks, or a line's worth of one in a script without spaces."""

    text: str
    gap: str
    starts_block: bool
    start_ms: int
    end_ms: int


def blocks(transcript: Transcript, shape: BlockShape) -> list[Block]:
    """A block ends with a sentence, a voice, a pause of two seconds, or when it is full.

    Each is shown for at least a millisecond, none while another is, and none outside the audio.
    """
    made: list[Block] = []
    for token in _tokens(transcript.words, shape.max_line_length):
        lines = _lines_with(made[-1].lines, token, shape) if made and not token.starts_block else None
        if lines is None:
            made.append(Block(token.start_ms, token.end_ms, (token.text,)))
        else:
            made[-1] = Block(made[-1].start_ms, token.end_ms, lines)
    return _timed(made, transcript.duration_ms)


def _lines_with(lines: tuple[str, ...], token: _Token, shape: BlockShape) -> tuple[str, ...] | None:
    """The lines and one token more, or nothing if there is no room."""
    longer = lines[-1] + token.gap + token.text
    if len(longer) <= shape.max_line_length:
        return (*lines[:-1], longer)
    return (*lines, token.text) if len(lines) < shape.max_lines else None


def _tokens(words: tuple[Word, ...], max_length: int) -> Iterator[_Token]:
    before: Word | None = None
    for word in words:
        token = _Token(
            text=text_of(word),
            gap=gap_between(before, word) if before else "",
            starts_block=before is None or _is_parted(before, word),
            start_ms=word.start_ms,
            end_ms=word.end_ms,
        )
        if writing(word.language).word_delimiter:
            yield token
        else:
            yield from _pieces(token, max_length)
        before = word


def _is_parted(left: Word, right: Word) -> bool:
    is_another_voice = (left.speaker, left.channel) != (right.speaker, right.channel)
    return left.ends_sentence or is_another_voice or right.start_ms - left.end_ms >= _PAUSE_MS


def _pieces(token: _Token, max_length: int) -> Iterator[_Token]:
    length_ms, count = token.end_ms - token.start_ms, len(token.text)
    for first in range(0, count, max_length):
        last = min(first + max_length, count)
        yield replace(
            token,
            text=token.text[first:last],
            gap="" if first else token.gap,
            starts_block=token.starts_block and not first,
            start_ms=token.start_ms + length_ms * first // count,
            end_ms=token.start_ms + length_ms * last // count,
        )


def _timed(made: list[Block], duration_ms: int) -> list[Block]:
    shown = made[:duration_ms]  # there is no room for more blocks than milliseconds
    starts_ms: list[int] = []
    for block in shown:
        starts_ms.append(max(block.start_ms, starts_ms[-1] + 1 if starts_ms else 0))
    latest_ms = duration_ms - len(shown)
    starts_ms = [min(start_ms, latest_ms + index) for index, start_ms in enumerate(starts_ms)]
    limits_ms = pairwise([*starts_ms, duration_ms])
    return [
        replace(block, start_ms=start_ms, end_ms=min(max(block.end_ms, start_ms + 1), limit_ms))
        for block, (start_ms, limit_ms) in zip(shown, limits_ms, strict=True)
    ]
