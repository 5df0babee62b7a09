"""Words as running text: what stands between them, and which side their marks lean on."""

from collections.abc import Sequence

from server.speech.transcript import Attachment, Mark, Word
from server.speech.transcript_languages import writing

_LEANS_LEFT = (Attachment.PREVIOUS, Attachment.BOTH)
_LEANS_RIGHT = (Attachment.NEXT, Attachment.BOTH)


def text_of(word: Word) -> str:
    """The word with its marks."""
    delimiter = writing(word.language).word_delimiter
    text, is_glued = "", True
    parts: tuple[Mark | Word, ...] = (*word.before, word, *word.after)
    for part in parts:
        gap = "" if is_glued or (isinstance(part, Mark) and part.attaches_to in _LEANS_LEFT) else delimiter
        text += gap + part.text
        is_glued = isinstance(part, Mark) and part.attaches_to in _LEANS_RIGHT
    return text


def gap_between(left: Word, right: Word) -> str:
    """Two Latin words are kept apart in every script, or nobody could read them."""
    if left.after and left.after[-1].attaches_to in _LEANS_RIGHT:
        return ""
    if left.language != right.language or (_is_latin(text_of(left)[-1]) and _is_latin(text_of(right)[0])):
        return " "
    return writing(right.language).word_delimiter


def joined(words: Sequence[Word]) -> str:
    pieces: list[str] = []
    for index, word in enumerate(words):
        if index:
            pieces.append(gap_between(words[index - 1], word))
        pieces.append(text_of(word))
    return "".join(pieces)


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()
