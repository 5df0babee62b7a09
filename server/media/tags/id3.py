# mypy: allow-untyped-calls
# mutagen says that it is typed, but few of its functions are.
"""The frames of an ID3v2.3 tag, which MP3 and WAV files hold."""

import re
from collections.abc import Iterator

from mutagen.id3 import APIC, CHAP, CTOC, ID3, TALB, TCON, TDRC, TIT2, TPE1, TPE2, TRCK, CTOCFlags, Frame

from server.media.chapters.read import Chapter
from server.media.tags.names import Tags

FRONT_COVER = 3
_UTF16 = 1  # ID3v2.3 has no other encoding for every language
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)
_CONTENTS = "toc"
_MS = 1_000_000


def fill_id3(id3: ID3, tags: Tags) -> None:
    """Nothing else is left in it."""
    id3.clear()
    for frame in _frames(tags):
        id3.add(frame)
    id3.update_to_v23()


def _frames(tags: Tags) -> Iterator[Frame]:
    yield from _text_frames(tags)
    if cover := tags.cover:
        yield APIC(encoding=0, mime=cover.media_type, type=FRONT_COVER, data=cover.data)
    if tags.chapters:
        yield from _chapter_frames(tags.chapters)


def _text_frames(tags: Tags) -> Iterator[Frame]:
    date = _DATE.match(tags.date or "")  # the version has fields for its parts, and none for any other text
    texts = {
        TIT2: tags.title,
        TPE1: tags.artist,
        TALB: tags.album,
        TPE2: tags.album_artist,
        TCON: tags.genre,
        TDRC: date and date[0],
        TRCK: _track(tags),
    }
    for frame, text in texts.items():
        if text:
            yield frame(encoding=_UTF16, text=text)


def _track(tags: Tags) -> str | None:
    if tags.track is None:
        return None
    return str(tags.track) if tags.track_count is None else f"{tags.track}/{tags.track_count}"


def _chapter_frames(chapters: tuple[Chapter, ...]) -> Iterator[Frame]:
    names = [f"ch{number:03}" for number in range(len(chapters))]
    flags = CTOCFlags.TOP_LEVEL | CTOCFlags.ORDERED
    yield CTOC(element_id=_CONTENTS, flags=flags, child_element_ids=names, sub_frames=[])
    for name, chapter in zip(names, chapters, strict=True):
        yield CHAP(
            element_id=name,
            start_time=chapter.start_ns // _MS,
            end_time=chapter.end_ns // _MS,
            sub_frames=[TIT2(encoding=_UTF16, text=chapter.title)] if chapter.title else [],
        )
