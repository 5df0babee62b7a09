"""Chapters in an MP4 file, as Nero's list of them: a box that nearly every player reads."""

import struct
from collections.abc import Sequence
from pathlib import Path

from server.media.chapters.read import Chapter
from server.media.copying.mp4.boxes import Box, Boxes, DamagedTables
from server.media.copying.mp4.build import full_box

_UNIT_NS = 100
_MAX_TITLE_BYTES = 255
_HEAD_BYTES = 8
_META_FLAGS_BYTES = 4


def chapter_list(chapters: Sequence[Chapter]) -> bytes:
    """The box. It counts up to 255."""
    items = [_item(chapter) for chapter in chapters]
    return full_box(b"chpl", 1, 0, bytes(4), bytes([len(items)]), *items)


def _item(chapter: Chapter) -> bytes:
    title = (chapter.title or "").encode()[:_MAX_TITLE_BYTES].decode(errors="ignore").encode()
    return struct.pack(">QB", chapter.start_ns // _UNIT_NS, len(title)) + title


def put_chapter_list(path: Path, chapters: Sequence[Chapter]) -> None:
    """In place of the free box that ends the tags, which must be of exactly its size: nothing moves."""
    content = chapter_list(chapters)
    with path.open("r+b") as file:
        meta = Boxes(file, Box(b"", 0, path.stat().st_size)).need(b"moov", b"udta", b"meta")
        free = Boxes(file, meta, _META_FLAGS_BYTES).need(b"free")
        if free.end != meta.end or free.size_bytes + _HEAD_BYTES != len(content):
            raise DamagedTables
        file.seek(free.begin - _HEAD_BYTES)
        file.write(content)
        file.seek(meta.begin - _HEAD_BYTES)
        file.write(struct.pack(">I", meta.size_bytes + _HEAD_BYTES - len(content)))
