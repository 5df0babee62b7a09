"""Names of segments, made of what is known about them: for their titles, and for their files. Pure."""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

from zerokerf.errors import InvalidParams

MAX_TEXT_CHARACTERS = 300
MAX_NAME_BYTES = 200

_FIELD = re.compile(r"\{([^{}]*)\}|[{}]")
_NUMBER = re.compile(r"(n|index|count)(?::0?([1-9]))?")
_TEXTS = ("title", "artist", "album", "date", "segment")
_LINE_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
#: Nothing that shows, but it can turn the text around it; joiners stay: scripts and emoji need them.
_INVISIBLE = re.compile(
    "[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_REFUSED_IN_NAMES = re.compile(r'[/\\:*?"<>|\u2044\u2215\u29f8\ufe68\uff0f\uff3c\u200c\u200d]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)", re.IGNORECASE)


def clean(text: str | None) -> str | None:
    """One line of text that every format can hold; None if nothing is left."""
    if text is None:
        return None
    shown = _INVISIBLE.sub("", _LINE_BREAKS.sub(" ", text[: 10 * MAX_TEXT_CHARACTERS]))
    return " ".join(shown.split())[:MAX_TEXT_CHARACTERS].strip() or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a template can name. The first segment has number 1; texts are the source's, but for `segment`,
    which is the segment's own title."""

    number: int
    count: int | None = None
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    date: str | None = None
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """Text with fields: {title}, {artist}, {album}, {date} of the source, {segment} for the segment's own
    title, its {n} from 1 or {index} from 0, and their {count}, padded to so many digits as in {n:02}.

    Raises InvalidParams for anything else in braces.
    """

    text: str

    def __post_init__(self) -> None:
        for match in _FIELD.finditer(self.text):
            field = match[1]
            if field is None or (field not in _TEXTS and not _NUMBER.fullmatch(field)):
                known = ", ".join(f"{{{name}}}" for name in (*_TEXTS, "n", "index", "count", "n:02"))
                sentence = f"{match[0]} is no field of a template; these are: {known}."
                raise InvalidParams({"template": sentence})

    def filled(self, fields: Fields) -> str | None:
        """On one clean line; what is unknown is left out. None if nothing is left."""
        return clean(self._filled(fields, MAX_TEXT_CHARACTERS))

    def unshortened(self, fields: Fields) -> str:
        """No lower numbers make anything longer of the same texts."""
        return self._filled(fields, MAX_TEXT_CHARACTERS)

    def file_name(self, fields: Fields, extension: str) -> str:
        """A name, never a path, that every file system takes: not empty, not reserved, not hidden, at most
        MAX_NAME_BYTES in UTF-8. Texts are shortened before numbers are lost.

        Two segments may get the same name, also by nothing but its case: whoever writes files looks out.
        """
        ending = f".{extension}"
        max_bytes = MAX_NAME_BYTES - len(ending.encode())

        def size_bytes(max_characters: int) -> int:
            return len(_safe(self._filled(fields, max_characters)).encode())

        fitting = bisect_right(range(MAX_TEXT_CHARACTERS + 1), max_bytes, key=size_bytes) - 1
        stem = _safe(self._filled(fields, max(0, fitting))).encode()[:max_bytes].decode(errors="ignore")
        return (stem.strip(" .") or "segment") + ending

    def _filled(self, fields: Fields, max_characters: int) -> str:
        """Each text with at most so many."""
        numbers = {"n": fields.number, "index": fields.number - 1, "count": fields.count}

        def value(match: re.Match[str]) -> str:
            if number_field := _NUMBER.fullmatch(match[1]):
                number = numbers[number_field[1]]
                return "" if number is None else str(number).zfill(int(number_field[2] or 1))
            return (clean(getattr(fields, match[1])) or "")[:max_characters]

        return _FIELD.sub(value, self.text)


def _safe(text: str) -> str:
    safe = _REFUSED_IN_NAMES.sub("_", unicodedata.normalize("NFC", clean(text) or "")).strip(" .")
    return f"_{safe}" if _RESERVED.match(safe) else safe
