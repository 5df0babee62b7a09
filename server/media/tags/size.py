# mypy: allow-untyped-calls
# mutagen says that it is typed, but few of its functions are.
"""How much larger tags can make a file, before there is one."""

import io

from mutagen.id3 import ID3

from server.media.chapters.mp4 import chapter_list
from server.media.tags.id3 import fill_id3
from server.media.tags.names import Cover, Tags
from server.media.tags.write import atoms, comments, picture_comment
from zerokerf.formats import Format

_CHUNK_HEAD_BYTES = 8
_ITEM_HEAD_BYTES = 24  # the box of an item in MP4, and the box of its data in it
_MP4_FRAME_BYTES = 128  # the boxes around them
_FLAC_FRAME_BYTES = 128  # a comment block with its vendor, where there was none
_PICTURE_HEAD_BYTES = 4 + 32 + 16
#: Pages get shorter when they are made anew, also those of Vorbis' set-up header, here of up to 40 kB.
_OGG_FRAME_BYTES = {Format.OGG: 512, Format.OPUS: 64}
_OGG_PAGE_BYTES, _OGG_PAGE_HEAD_BYTES = 4000, 48


def most_tag_bytes(kind: Format, tags: Tags) -> int:
    """Never less than what they add to a file of our making, and little more."""
    if tags == Tags() or kind is Format.AAC:
        return 0
    match kind:
        case Format.MP3:
            return _id3_bytes(tags)
        case Format.WAV:
            return _CHUNK_HEAD_BYTES + _id3_bytes(tags) + 2  # chunks start at even places
        case Format.FLAC:
            cover_bytes = _PICTURE_HEAD_BYTES + len(tags.cover.data) if tags.cover else 0
            return _FLAC_FRAME_BYTES + _comment_bytes(comments(tags)) + cover_bytes
        case Format.M4A:
            return _mp4_bytes(tags)
    content = _comment_bytes([*comments(tags), *_pictures(tags.cover)])
    pages = -(-content // _OGG_PAGE_BYTES)
    return _OGG_FRAME_BYTES[kind] + content + pages * _OGG_PAGE_HEAD_BYTES


def _id3_bytes(tags: Tags) -> int:
    id3, file = ID3(), io.BytesIO()
    fill_id3(id3, tags)
    id3.save(file, v1=0, v2_version=3, padding=lambda _: 0)
    return len(file.getvalue())


def _comment_bytes(found: list[tuple[str, str]]) -> int:
    return sum(4 + len(f"{name}={text}".encode()) for name, text in found)


def _pictures(cover: Cover | None) -> list[tuple[str, str]]:
    return [picture_comment(cover)] if cover else []


def _mp4_bytes(tags: Tags) -> int:
    texts = sum(_ITEM_HEAD_BYTES + len(text.encode()) for _, text in atoms(tags))
    track = _ITEM_HEAD_BYTES + 8
    cover = _ITEM_HEAD_BYTES + len(tags.cover.data) if tags.cover else 0
    chapters = len(chapter_list(tags.chapters)) if tags.chapters else 0
    return _MP4_FRAME_BYTES + texts + track + cover + chapters
