"""Where each packet of an Ogg file lies, and how to read it, for files that hold one stream."""

import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zerokerf.errors import CorruptFile

_LONGEST_HEADER_BYTES = 27 + 255


@dataclass(frozen=True, slots=True)
class PageMark:
    """What a page says about time: `granule` holds at the end of the first `packets` packets of audio."""

    granule: int
    packets: int
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OggPackets:
    """All packets of one stream. Arrays have one row a packet of audio or one row a page.

    Bytes are counted along the stream: the bodies of all pages in a row, without the headers between them.
    Where the file is damaged, bytes that belong to no whole packet lie between two packets.
    """

    path: Path
    serial: int
    #: Where each header packet starts and stops.
    headers: list[tuple[int, int]]
    starts: NDArray[np.int64]
    sizes: NDArray[np.uint32]
    #: Of each packet, for what it says about itself; of no meaning where a packet is shorter.
    first_bytes: NDArray[np.uint8]
    second_bytes: NDArray[np.uint8]
    page_starts: NDArray[np.int64]
    #: In the file, not along the stream.
    page_bodies: NDArray[np.int64]
    #: The first page in which a packet of audio ends, the last such page, and the one before it.
    first_mark: PageMark | None
    previous_mark: PageMark | None
    last_mark: PageMark | None
    resyncs: int
    has_end: bool

    def read(self, descriptor: int, start: int, stop: int) -> bytes:
        """Bytes along the stream. Raises CorruptFile if the file is no longer what was indexed."""
        if start == stop:
            return b""
        begin = int(np.searchsorted(self.page_starts, start, "right")) - 1
        end = int(np.searchsorted(self.page_starts, stop, "left"))
        edges = [start, *self.page_starts[begin + 1 : end].tolist(), stop]
        bodies = self.page_bodies[begin:end].tolist()
        bodies[0] += start - int(self.page_starts[begin])
        sizes = [after - before for before, after in pairwise(edges)]
        data = _read_bodies(descriptor, bodies, sizes)
        if len(data) != stop - start:
            raise CorruptFile("it became shorter while it was being cut.")
        return data

    def header(self, descriptor: int, index: int, max_bytes: int) -> bytes:
        """What fits into `max_bytes` of one header packet."""
        start, stop = self.headers[index]
        return self.read(descriptor, start, min(stop, start + max_bytes))


def _read_bodies(descriptor: int, bodies: list[int], sizes: list[int]) -> bytes:
    """At once, with the headers between them, unless more than headers lies there."""
    first, last = bodies[0], bodies[-1] + sizes[-1]
    if last - first > sum(sizes) + _LONGEST_HEADER_BYTES * len(sizes):
        return b"".join(os.pread(descriptor, size, at) for size, at in zip(sizes, bodies, strict=True))
    data = os.pread(descriptor, last - first, first)
    return b"".join(data[at - first : at - first + size] for size, at in zip(sizes, bodies, strict=True))
