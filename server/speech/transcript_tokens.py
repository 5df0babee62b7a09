"""Turns what a recognizer writes (` "Hello,`, `-known`, `你好。`) into words with their punctuation apart."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from server.speech.transcript import UNPRINTABLE, Attachment, Mark, Word
from server.speech.transcript_languages import writing
from server.speech.transcript_marks import continues, is_visible, parts

_NO_SPACE = re.compile(r"\S+")
#: Where a piece without a space goes on inside a Latin word or a number, also in scripts without spaces.
_LATIN_GOES_ON = re.compile(r".?[A-Za-z0-9]\n[A-Za-z0-9%]|[0-9][.,:]\n[0-9]")


@dataclass(frozen=True, slots=True)
class Heard:
    """One piece of text as a recognizer gives it, with its spaces and its marks."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


def words_of(
    pieces: Iterable[Heard], *, language: str, speaker: str | None = None, channel: str | None = None
) -> list[Word]:
    """The words of one stretch of speech: call it once for each segment that a recognizer returns.

    Where pieces carry the spaces between words, one without a space in front belongs to the piece before.
    Nothing but white space and what cannot be printed is lost, unless there is no word at all.
    """
    has_spaces = writing(language).word_delimiter != ""
    words: list[Word] = []
    waiting: list[Mark] = []
    for run in _runs([_printable(piece) for piece in pieces], has_spaces=has_spaces):
        for part, piece in _placed(run, parts(run.text, language, has_spaces=has_spaces)):
            if isinstance(part, Mark):
                _place(part, words, waiting)
            elif is_visible(part):
                word = Word(
                    text=part,
                    start_ms=piece.start_ms,
                    end_ms=piece.end_ms,
                    confidence=piece.confidence,
                    language=language,
                    before=tuple(waiting),
                    speaker=speaker,
                    channel=channel,
                )
                words.append(word)
                waiting.clear()
    if words and waiting:
        words[-1] = _followed(words[-1], *(replace(m, attaches_to=Attachment.PREVIOUS) for m in waiting))
    return words


def _printable(piece: Heard) -> Heard:
    confidence = min(piece.confidence, 1.0) if piece.confidence > 0.0 else 0.0  # also where it is no number
    return replace(piece, text=UNPRINTABLE.sub("", piece.text), confidence=confidence)


def _runs(pieces: Sequence[Heard], *, has_spaces: bool) -> Iterator[Heard]:
    """Pieces cut at white space, and put together where no white space parts them."""
    is_glued = has_spaces and any(piece.text[:1].isspace() for piece in pieces)
    held: Heard | None = None
    for piece in pieces:
        for match in _NO_SPACE.finditer(piece.text):
            run = _section(piece, match.start(), match.end())
            if (
                held
                and match.start() == 0
                and (is_glued or _goes_on(held.text, run.text, has_spaces=has_spaces))
            ):
                held = _glued(held, run)
                continue
            if held:
                yield held
            held = run
        # A space at a piece's end parts it from the next one as a space in front would.
        if held and piece.text[-1:].isspace():
            yield held
            held = None
    if held:
        yield held


def _goes_on(left: str, right: str, *, has_spaces: bool) -> bool:
    is_latin = not has_spaces and _LATIN_GOES_ON.fullmatch(f"{left[-2:]}\n{right[0]}") is not None
    return is_latin or continues(right)


def _section(piece: Heard, first: int, last: int) -> Heard:
    """A piece's part, its times in proportion. White space round the only text takes no time."""
    text = piece.text[first:last]
    if text == piece.text.strip():
        return replace(piece, text=text)
    length_ms, count = piece.end_ms - piece.start_ms, len(piece.text)
    return replace(
        piece,
        text=text,
        start_ms=piece.start_ms + length_ms * first // count,
        end_ms=piece.start_ms + length_ms * last // count,
    )


def _glued(left: Heard, right: Heard) -> Heard:
    """A word is as sure as the least sure of its pieces."""
    return Heard(left.text + right.text, left.start_ms, right.end_ms, min(left.confidence, right.confidence))


def _placed(run: Heard, found: list[str | Mark]) -> Iterator[tuple[str | Mark, Heard]]:
    """Each part with its times. Several words share the run's time by their lengths; marks take none."""
    letters = replace(run, text="".join(part for part in found if isinstance(part, str)))
    at = 0
    for part in found:
        length = len(part) if isinstance(part, str) else 0
        yield part, _section(letters, at, at + length) if length else letters
        at += length


def _place(mark: Mark, words: list[Word], waiting: list[Mark]) -> None:
    if words and not waiting and mark.attaches_to is not Attachment.NEXT:
        words[-1] = _followed(words[-1], mark)
    else:
        waiting.append(replace(mark, attaches_to=Attachment.NEXT, is_eos=False))


def _followed(word: Word, *marks: Mark) -> Word:
    return replace(word, after=word.after + marks)
