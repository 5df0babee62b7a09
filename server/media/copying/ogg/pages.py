"""Ogg pages (RFC 3533): read through a sliding window with their checksums proven, and made."""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from server.media.copying.copier import NotCopyable

HEADER_BYTES = 27
MAX_LACING = 255
#: The granule of a page in which no packet ends.
NO_GRANULE = -1

_WINDOW_BYTES = 1 << 19  # many times the 65,307 that a page has at most
_HEADER = struct.Struct("<4sBBqII4sB")
_NO_CHECKSUM = bytes(4)
_CONTINUED, _FIRST, _LAST = 1, 2, 4
# A hostile file may hold nothing but beginnings of pages, each of which costs a checksum.
_MAX_FALSE_PAGES = 10_000
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Page:
    """One whole page with a right checksum. `body_at` counts bytes of the file."""

    body_at: int
    flags: int
    granule: int
    serial: int
    sequence: int
    lacing: bytes
    #: Bytes that belong to no page lie before this one.
    is_after_junk: bool

    @property
    def is_continued(self) -> bool:
        return bool(self.flags & _CONTINUED)

    @property
    def is_first(self) -> bool:
        return bool(self.flags & _FIRST)

    @property
    def is_last(self) -> bool:
        return bool(self.flags & _LAST)


@dataclass(frozen=True, slots=True)
class PageWindow:
    """A piece of the file, which starts at byte `at`, and the pages that lie whole in it, in order."""

    at: int
    data: bytes
    pages: list[Page]


def mirrored(data: bytes) -> bytes:
    """Every byte with its bits in reverse order."""
    return data.translate(_MIRRORED)


def checksum(*mirrored_parts: bytes | memoryview) -> bytes:
    """A page's checksum, as its header holds it, over mirrored bytes with zeros in the checksum's place.

    RFC 3533 divides by 0x04C11DB7, highest bit of a byte first, starting from 0. zlib divides by the same
    polynomial, lowest bit first, with an inversion before and after: so bytes go in mirrored, both inversions
    are undone, and the remainder comes out mirrored.
    """
    remainder = 0xFFFFFFFF
    for part in mirrored_parts:
        remainder = zlib.crc32(part, remainder)
    return mirrored((remainder ^ 0xFFFFFFFF).to_bytes(4, "big"))


def read_pages(descriptor: int) -> Iterator[PageWindow]:
    """All pages from the file's start to its end; what belongs to none is skipped.

    Raises NotCopyable when there is too much of that.
    """
    at, is_after_junk, false_pages = 0, False, 0
    while data := os.pread(descriptor, _WINDOW_BYTES, at):
        is_end = len(data) < _WINDOW_BYTES
        pages, used, is_after_junk, refused = _pages_in(data, at, is_end, is_after_junk)
        false_pages += refused
        if false_pages > _MAX_FALSE_PAGES:
            raise NotCopyable("It is too damaged to find its pages.")
        yield PageWindow(at, data, pages)
        if is_end:
            return
        at += used


def _pages_in(data: bytes, at: int, is_end: bool, is_after_junk: bool) -> tuple[list[Page], int, bool, int]:
    """The pages, the bytes done with, whether those end in junk, and how many pages proved false."""
    pages: list[Page] = []
    view = memoryview(mirrored(data))
    begin, refused = 0, 0
    while True:
        found = data.find(b"OggS", begin)
        if found < 0:
            used = max(begin, len(data) - 3)
            return pages, used, is_after_junk or used > begin, refused
        is_after_junk |= found > begin
        end = _claimed_end(data, found)
        if end > len(data) and not is_end:
            return pages, found, is_after_junk, refused
        if _is_page(data, view, found, end):
            pages.append(_page(data, found, at, is_after_junk))
            begin, is_after_junk = end, False
        else:
            begin, is_after_junk, refused = found + 4, True, refused + 1


def _claimed_end(data: bytes, begin: int) -> int:
    """Where a page that begins there would end; behind the window if that is not in it, or can't be told."""
    lacing_at = begin + HEADER_BYTES
    body_at = lacing_at + data[begin + 26] if lacing_at <= len(data) else len(data) + 1
    return body_at + sum(data[lacing_at:body_at])


def _is_page(data: bytes, view: memoryview, begin: int, end: int) -> bool:
    if end > len(data) or data[begin + 4] != 0:
        return False
    wanted = data[begin + 22 : begin + 26]
    return wanted == checksum(view[begin : begin + 22], _NO_CHECKSUM, view[begin + 26 : end])


def _page(data: bytes, begin: int, at: int, is_after_junk: bool) -> Page:
    _, _, flags, granule, serial, sequence, _, count = _HEADER.unpack_from(data, begin)
    body = begin + HEADER_BYTES + count
    lacing = data[begin + HEADER_BYTES : body]
    return Page(at + body, flags, granule, serial, sequence, lacing, is_after_junk)


@dataclass(slots=True)
class PageMaker:
    """Makes the headers of one stream's pages, in order."""

    serial: int
    _sequence: int = 0

    def header(
        self,
        lacing: bytes,
        mirrored_body: bytes | memoryview,
        granule: int,
        *,
        is_continued: bool = False,
        is_last: bool = False,
    ) -> bytes:
        """Header and lacing of the next page, with the checksum over these and the body."""
        flags = _CONTINUED * is_continued | _FIRST * (self._sequence == 0) | _LAST * is_last
        head = _HEADER.pack(
            b"OggS", 0, flags, granule, self.serial, self._sequence, _NO_CHECKSUM, len(lacing)
        )
        self._sequence += 1
        head += lacing
        return head[:22] + checksum(mirrored(head), mirrored_body) + head[26:]


def make_header_pages(maker: PageMaker, packets: list[bytes]) -> bytes:
    """Pages that hold these packets and nothing else, a packet across several if it must."""
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    body = b"".join(packets)
    pages: list[bytes] = []
    is_continued = False
    for begin in range(0, len(lacing), MAX_LACING):
        part = lacing[begin : begin + MAX_LACING]
        held, body = body[: sum(part)], body[sum(part) :]
        granule = 0 if min(part) < 255 else NO_GRANULE
        pages += (maker.header(part, mirrored(held), granule, is_continued=is_continued), held)
        is_continued = part[-1] == 255
    return b"".join(pages)
