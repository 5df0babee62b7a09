"""What a recording is called, and what its segments are to be called. Pure."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from zerokerf.errors import InvalidParams

MAX_TEXT_CHARACTERS = 300
_FIELD = re.compile(r"\{([^{}]*)\}|[{}]")
_NUMBER = re.compile(r"(n|count)(?::0?([1-9]))?")
_TEXTS = ("title", "artist", "album", "date", "segment")
#: A cover may take one part in so many of the largest size allowed.
_COVER_SHARE = 10


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture, as its file holds it."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Nothing is empty text: what is unknown is None."""

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    genre: str | None = None
    date: str | None = None
    track: int | None = None
    track_count: int | None = None
    cover: Cover | None = None


class TagPolicy(StrEnum):
    """What segments get of the source's tags."""

    #: All, but for the track, which is the segment's own.
    COPY = "copy"
    #: Nothing at all.
    NONE = "none"
    #: The same as COPY, with a title of the caller's making.
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class Template:
    """Text with fields: {title}, {artist}, {album}, {date} of the source, {segment} for the segment's own
    title, {n} and {count}, padded to so many digits as in {n:02}.

    Raises InvalidParams for anything else in braces.
    """

    text: str

    def __post_init__(self) -> None:
        for match in _FIELD.finditer(self.text):
            field = match[1]
            if field is None or (field not in _TEXTS and not _NUMBER.fullmatch(field)):
                known = ", ".join(f"{{{name}}}" for name in (*_TEXTS, "n", "count", "n:02"))
                sentence = f"{match[0]} is no field of a template; these are: {known}."
                raise InvalidParams({"template": sentence})

    def filled(self, source: Tags, number: int, count: int, segment_title: str | None) -> str:
        """What is unknown is left out."""
        numbers = {"n": number, "count": count}

        def value(match: re.Match[str]) -> str:
            field = match[1]
            if number_field := _NUMBER.fullmatch(field):
                return str(numbers[number_field[1]]).zfill(int(number_field[2] or 1))
            return (segment_title if field == "segment" else getattr(source, field)) or ""

        return _FIELD.sub(value, self.text)


def segment_tags(
    source: Tags,
    policy: TagPolicy,
    number: int,
    count: int,
    *,
    segment_title: str | None = None,
    template: Template | None = None,
) -> Tags:
    """Of segment `number`, counted from 1, of `count`. Without an album the source's title is the album's."""
    if policy is TagPolicy.NONE:
        return Tags()
    title = clean(segment_title) or source.title
    if policy is TagPolicy.TEMPLATE and template is not None:
        title = clean(template.filled(source, number, count, segment_title))
    return replace(
        source,
        title=title,
        album=source.album or source.title,
        track=number,
        track_count=count,
    )


def clean(text: str | None) -> str | None:
    """One line of text that every format can hold; None if nothing is left."""
    if text is None:
        return None
    kept = "".join(" " if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") else each for each in text)
    return " ".join(kept.split())[:MAX_TEXT_CHARACTERS].strip() or None


def tags_within(tags: Tags, max_bytes: int, measured: Callable[[Tags], int]) -> tuple[Tags, int]:
    """What a segment that must not exceed `max_bytes` can carry, and the bytes it takes.

    The cover goes first, then all but the title and the track, then these. `measured` gives the exact size.
    """
    bare = Tags(title=tags.title, track=tags.track, track_count=tags.track_count)
    for candidate in (tags, replace(tags, cover=None), bare):
        size_bytes = measured(candidate)
        if size_bytes <= max_bytes // _COVER_SHARE:
            return candidate, size_bytes
    return Tags(), 0
