"""How packets are put into new Ogg pages: fixed once for a whole file, so that sizes are arithmetic."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from server.media.copying.copier import NotCopyable
from server.media.copying.ogg.packets import OggPackets
from server.media.copying.ogg.pages import HEADER_BYTES, MAX_LACING

_CHUNK_PACKETS = 1 << 16  # keeps the arrays in between small


@dataclass(frozen=True, slots=True)
class PageLayout:
    """Packets `firsts[p]` up to `firsts[p + 1]` share a page; a segment's first and last page hold fewer.

    `weights[p]` counts the bytes, and the lacing values, of all packets before that page.
    """

    starts: NDArray[np.int64]
    sizes: NDArray[np.uint32]
    firsts: NDArray[np.int64]
    weights: NDArray[np.int64]
    #: A segment's first two packets get a page of their own: FFmpeg can't trim Vorbis that has only one page.
    has_lead_page: bool

    def size_bytes(self, begin: int, end: int) -> int:
        """Of the pages that hold the packets from `begin` up to `end`, of which there is at least one."""
        rest = self._lead_end(begin, end)
        last_page = self._page_of(end - 1)
        pages = (rest > begin) + last_page - self._page_of(rest) + 1
        weight = self._weight(last_page, end) - self._weight(self._page_of(begin), begin)
        return pages * HEADER_BYTES + weight

    def pages(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """First packet and the one after the last, page by page."""
        rest = self._lead_end(begin, end)
        inner = self.firsts[self._page_of(rest) + 1 : self._page_of(end - 1) + 1].tolist()
        return pairwise(dict.fromkeys([begin, rest, *inner, end]))

    def fit(self, begin: int, ends: range, max_bytes: int) -> int:
        """The last of `ends` whose pages, filled with the packets from `begin`, are no larger; 0 if none."""
        fitting = bisect_right(ends, max_bytes, key=lambda end: self.size_bytes(begin, end))
        return ends[fitting - 1] if fitting else 0

    def _lead_end(self, begin: int, end: int) -> int:
        """Where the packets of a page of their own end; `begin` if there is no such page."""
        if not self.has_lead_page or end - begin < 2:
            return begin
        sizes = self.sizes[begin : begin + 2]
        is_whole = int(self.starts[begin + 1]) - int(self.starts[begin]) == int(sizes[0])
        fits = int((sizes // 255 + 1).sum()) <= MAX_LACING
        return begin + 2 if end - begin > 2 and is_whole and fits else begin + 1

    def _page_of(self, packet: int) -> int:
        return int(np.searchsorted(self.firsts, packet, "right")) - 1

    def _weight(self, page: int, packet: int) -> int:
        """Of all packets before this one, which is in that page or right behind it."""
        return int(self.weights[page]) + int(_weights(self.sizes[self.firsts[page] : packet]).sum())


def lay_out(
    packets: OggPackets, ends: NDArray[np.int64], page_samples: int, *, has_lead_page: bool = False
) -> PageLayout:
    """Pages of about `page_samples` where packets allow; `ends` says where each packet's samples end.

    Raises NotCopyable if a packet of audio fills a page.
    """
    sizes, starts = packets.sizes, packets.starts
    longest = int(sizes.max(initial=0)) // 255 + 1
    if longest >= MAX_LACING:
        raise NotCopyable("It holds a packet that is larger than a page.")
    firsts, weights, weight = [], [], 0
    for begin in range(0, len(sizes), _CHUNK_PACKETS):
        part = slice(begin, begin + _CHUNK_PACKETS)
        breaks = _breaks(starts[part], sizes[part], ends[part], page_samples, MAX_LACING - longest)
        running = weight + np.cumsum(_weights(sizes[part]))
        firsts.append(begin + breaks)
        weights.append(np.concatenate(([weight], running))[breaks])
        weight = int(running[-1])
    return PageLayout(starts, sizes, np.concatenate(firsts), np.concatenate(weights), has_lead_page)


def _weights(sizes: NDArray[np.uint32]) -> NDArray[np.int64]:
    return sizes.astype(np.int64) + sizes // 255 + 1


def _breaks(
    starts: NDArray[np.int64],
    sizes: NDArray[np.uint32],
    ends: NDArray[np.int64],
    page_samples: int,
    page_lacing: int,
) -> NDArray[np.int64]:
    """Where pages begin: with a span of time, after a loss, and before lacing values run out.

    The lacing values of a span are dealt into blocks; a page takes the packets that end in one block, so it
    holds at most what the block does and the first part of a packet that began before it.
    """
    is_new = np.ones(len(starts), bool)
    is_new[1:] = (np.diff(ends // page_samples) != 0) | (starts[1:] != starts[:-1] + sizes[:-1])
    laced = np.cumsum(sizes // 255 + 1, dtype=np.int64)
    spans = np.flatnonzero(is_new)
    before = np.repeat((laced - (sizes // 255 + 1))[spans], np.diff([*spans, len(starts)]))
    block = (laced - before - 1) // page_lacing
    is_new[1:] |= np.diff(block) != 0
    return np.flatnonzero(is_new)
