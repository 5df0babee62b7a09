"""What a recording is called, and what its segments are to be called. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from server.media.chapters.read import Chapter
from zerokerf.template import Fields, Template, clean

#: All tags together may take one part in so many of the largest size allowed.
LIMIT_SHARE = 10


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture, as its file holds it."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Nothing is empty text: what is unknown is None. Chapters are on the time line of the file."""

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    genre: str | None = None
    date: str | None = None
    track: int | None = None
    track_count: int | None = None
    cover: Cover | None = None
    chapters: tuple[Chapter, ...] = ()


class TagPolicy(StrEnum):
    """What segments get of the source's tags."""

    #: All, but for the track, which is the segment's own.
    COPY = "copy"
    #: Nothing at all.
    NONE = "none"
    #: The same as COPY, with a title of the caller's making.
    TEMPLATE = "template"


def segment_tags(
    source: Tags,
    policy: TagPolicy,
    number: int,
    count: int | None,
    *,
    segment_title: str | None = None,
    template: Template | None = None,
) -> Tags:
    """Of segment `number`, counted from 1, of `count`, if that is known; but for the chapters, which are
    still the source's. Without an album the source's title is the album's."""
    if policy is TagPolicy.NONE:
        return Tags()
    title = clean(segment_title) or source.title
    if policy is TagPolicy.TEMPLATE and template is not None:
        title = template.filled(title_fields(source, number, count, segment_title))
    return replace(
        source,
        title=title,
        album=source.album or source.title,
        track=number,
        track_count=count,
    )


def title_fields(source: Tags, number: int, count: int | None, segment_title: str | None) -> Fields:
    """What a template for titles is filled with."""
    return Fields(
        number=number,
        count=count,
        title=source.title,
        artist=source.artist,
        album=source.album,
        date=source.date,
        segment=segment_title,
    )


def tags_within(tags: Tags, max_bytes: int, measured: Callable[[Tags], int]) -> tuple[Tags, tuple[str, ...]]:
    """What segments that must not exceed `max_bytes` can carry, and sentences on what they can't.

    The cover goes first, then the chapters, then all but the title, then that. `measured` gives the size.
    """
    notes: list[str] = []
    for what, kept in _rest(tags):
        if what and kept != tags:
            notes.append(f"{what} left out: at most a tenth of the size limit is used for tags.")
        tags = kept
        if measured(tags) <= max_bytes // LIMIT_SHARE:
            break
    return tags, tuple(notes)


def _rest(tags: Tags) -> list[tuple[str, Tags]]:
    """Less and less, and what is given up with each step."""
    without_cover = replace(tags, cover=None)
    without_chapters = replace(without_cover, chapters=())
    return [
        ("", tags),
        ("The cover was", without_cover),
        ("Chapters were", without_chapters),
        ("All tags but the title were", Tags(title=tags.title, track=tags.track)),
        ("The title was", Tags()),
    ]
