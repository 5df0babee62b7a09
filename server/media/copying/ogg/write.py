"""Writes a segment of an Ogg file: header packets, then a range of the source's packets in new pages."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.media.copying.copy_range import write_all, write_parts
from server.media.copying.ogg.layout import PageLayout
from server.media.copying.ogg.packets import OggPackets
from server.media.copying.ogg.pages import PageMaker, make_header_pages, mirrored
from server.media.copying.opened import created, opened

_BATCH_BYTES = 1 << 19

#: Header packets; those of one inner list share their pages.
Headers = list[list[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketRange:
    """Packets `begin` up to `end`. Samples of their stream are counted from `zero` up to `granule`."""

    begin: int
    end: int
    zero: int
    granule: int


def header_size_bytes(headers: Headers) -> int:
    return len(_header_pages(PageMaker(0), headers))


def write_segment(
    output: Path,
    packets: OggPackets,
    layout: PageLayout,
    ends: NDArray[np.int64],
    headers: Headers,
    kept: PacketRange,
) -> None:
    """`ends` says where each packet's samples end. The stream's serial number is the segment's own."""
    place = struct.pack("<Iqqq", packets.serial, kept.begin, kept.zero, kept.granule)
    maker = PageMaker(zlib.crc32(place, zlib.crc32(headers[0][0])))
    with opened(packets.path) as source, created(output) as target:
        write_all(target, _header_pages(maker, headers))
        for batch in _batches(packets, layout.pages(kept.begin, kept.end)):
            start = int(packets.starts[batch[0][0]])
            data = packets.read(source, start, _stop(packets, batch[-1][1]))
            write_parts(target, list(_pages(packets, ends, maker, kept, batch, data)))


def _header_pages(maker: PageMaker, headers: Headers) -> bytes:
    return b"".join(make_header_pages(maker, group) for group in headers)


def _batches(packets: OggPackets, pages: Iterator[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Pages close enough to each other to be read at once, for a damaged file may have gaps between them."""
    batch: list[tuple[int, int]] = []
    start = 0
    for begin, end in pages:
        if batch and _stop(packets, end) - start > _BATCH_BYTES:
            yield batch
            batch = []
        if not batch:
            start = int(packets.starts[begin])
        batch.append((begin, end))
    yield batch


def _pages(
    packets: OggPackets,
    ends: NDArray[np.int64],
    maker: PageMaker,
    kept: PacketRange,
    batch: list[tuple[int, int]],
    data: bytes,
) -> Iterator[bytes | memoryview]:
    """Header and body, page by page. `data` is the stream from the first of these pages to the last."""
    body, turned = memoryview(data), memoryview(mirrored(data))
    first = batch[0][0]
    start = int(packets.starts[first])
    lacing, places = _lacing(packets.sizes[first : batch[-1][1]])
    for begin, end in batch:
        place = slice(int(packets.starts[begin]) - start, _stop(packets, end) - start)
        laced = lacing[places[begin - first] : places[end - first]]
        is_last = end == kept.end
        granule = kept.granule if is_last else int(ends[end - 1]) - kept.zero
        yield maker.header(laced, turned[place], granule, is_last=is_last)
        yield body[place]


def _lacing(sizes: NDArray[np.uint32]) -> tuple[bytes, list[int]]:
    """The lacing values of all packets in a row, and where each packet's begin."""
    stops = np.cumsum(sizes // 255 + 1, dtype=np.int64)
    lacing = np.full(int(stops[-1]), 255, np.uint8)
    lacing[stops - 1] = sizes % 255
    return lacing.tobytes(), [0, *stops.tolist()]


def _stop(packets: OggPackets, end: int) -> int:
    return int(packets.starts[end - 1]) + int(packets.sizes[end - 1])
