"""Takes punctuation off a run of text that holds no white space: `"Mr.Smith?!"` has marks round one word."""

# ruff: noqa: RUF001 - the marks of many scripts look like one another

import re
import unicodedata
from collections.abc import Iterator

from server.speech.transcript import Attachment, Mark

_QUOTES = '"“”„‟«»‹›‘‚'
_APOSTROPHES = "'’"
_DASHES = "-–—―"
_OPENING = "([{¿¡「『（【《〈〔［｛"
_SENTENCE_ENDS = ".?!。！？｡．؟۔।॥։።။"
_OTHERS = ",;:)]}…‥、，；：」』）】》〉〕］｝､｢｣،؛·"
_MARKS = frozenset(_QUOTES + _DASHES + _OPENING + _SENTENCE_ENDS + _OTHERS) - {"-"}
_BRACKETS = {")": "(", "]": "[", "}": "{"}

_RUN = re.compile(r"\.{2,}|…+|[?!]+|[？！]+|-{2,}|—+|.")
#: Where one run of text holds several words: at dashes, dots and the marks of scripts without spaces.
_INSIDE = re.compile(r"((?:\.{2,}|…|[–—―]|-{2,}|[?!]+(?=\w)|[「」『』（）【】《》〈〉、，；：。！？])+)")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_TITLES = frozenset({"mr", "mrs", "ms", "dr", "prof", "st", "rev", "gen", "col", "capt", "lt", "sgt", "vs"})


def parts(run: str, language: str, *, has_spaces: bool) -> list[str | Mark]:
    """Words and marks in their order. Joined, their texts are the run again."""
    if all(char in _MARKS or char in _DASHES or char in _APOSTROPHES for char in run):
        return [_alone(text, language, has_spaces=has_spaces) for text in _RUN.findall(run)]
    first, last = _ends_of_words(run)
    return [
        *(_leading(text, language) for text in _RUN.findall(run[:first])),
        *_inside(run[first:last], language),
        *(_trailing(text, language, has_spaces=has_spaces) for text in _RUN.findall(run[last:])),
    ]


def is_visible(text: str) -> bool:
    return any(unicodedata.category(char)[0] not in "CZ" for char in text)


def continues(text: str) -> bool:
    """Whether it can only be a part of what stands before: an accent, a joiner, a variant of an emoji."""
    return unicodedata.category(text[0])[0] == "M" or text[0] in "\u200c\u200d"


def _ends_of_words(run: str) -> tuple[int, int]:
    first = _first_of_words(run)
    last = _last_of_words(run, first)
    if run[last : last + 1] == "." and run[last : last + 2] != ".." and _is_short_form(run[first:last]):
        last += 1
    if run[first] in _APOSTROPHES and last - first > 2 and run[last - 1] in _APOSTROPHES:
        return first + 1, last - 1
    return first, last


def _first_of_words(run: str) -> int:
    at = 0
    while run[at] in _MARKS or run[at] in _DASHES:
        if run[at] in "-–." and run[at + 1 : at + 2].isdigit():  # a sign or a decimal point
            break
        at += 1
    return at


def _last_of_words(run: str, first: int) -> int:
    at = len(run)
    while at > first + 1:
        before, char = run[at - 2], run[at - 1]
        if char in _BRACKETS and _BRACKETS[char] in run[first:at]:  # word(s)
            break
        is_quote = char in _APOSTROPHES and before in _MARKS
        is_dash = char == "-" and "-" in (before, run[at : at + 1])
        if char not in _MARKS and not is_quote and not is_dash:
            break
        at -= 1
    return at


def _is_short_form(text: str) -> bool:
    return text.lower() in _TITLES or _INITIALS.fullmatch(text) is not None


def _inside(words: str, language: str) -> Iterator[str | Mark]:
    for index, piece in enumerate(_INSIDE.split(words)):
        if index % 2 == 0:
            yield piece
        else:
            yield from (_between(text, language) for text in _RUN.findall(piece))


def _between(text: str, language: str) -> Mark:
    if text in _OPENING:
        return Mark(text, Attachment.NEXT)
    is_spaced_out = text in _OTHERS or text in "。！？"
    side = Attachment.PREVIOUS if is_spaced_out and text != "…" else Attachment.BOTH
    return Mark(text, side, is_eos=_is_eos(text, language))


def _leading(text: str, language: str) -> Mark:
    opens = text in _OPENING or text in _QUOTES or text in _APOSTROPHES or text[0] in _DASHES
    if opens or text[0] == "…" or text.startswith(".."):
        return Mark(text, Attachment.NEXT)
    return Mark(text, is_eos=_is_eos(text, language))


def _trailing(text: str, language: str, *, has_spaces: bool) -> Mark:
    if text in _OPENING or (text in "“‘" and not has_spaces):
        return Mark(text, Attachment.NEXT)
    return Mark(text, is_eos=_is_eos(text, language))


def _alone(text: str, language: str, *, has_spaces: bool) -> Mark:
    if text[0] in _DASHES:
        return Mark(text, Attachment.NONE if has_spaces else Attachment.BOTH)
    if text in _OPENING or text in '"“„«‹‘‚':
        return Mark(text, Attachment.NEXT)
    return Mark(text, is_eos=_is_eos(text, language))


def _is_eos(text: str, language: str) -> bool:
    """Three dots end no sentence: the speaker may go on."""
    if text == ";":
        return language == "el"  # asks a question in Greek
    return text[0] in _SENTENCE_ENDS and not text.startswith("..")
