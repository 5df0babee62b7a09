"""Follows frames whose headers state their lengths, window by window, so that memory stays flat."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_WINDOW_BYTES = 1 << 20  # stays in the processor's cache

#: Beyond every file: where a header leads that states no length.
NOWHERE = 1 << 62

Positions = NDArray[np.int64]

#: Given a window and how far headers in it are whole: where frames begin by the lengths of those before them,
#: and where the first one after the window does. Checks nothing; that is done for all of them at once.
Follow = Callable[[bytearray, int], tuple[list[int], int]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one window showed. Its bytes are overwritten when the next one is asked for."""

    offset: int
    window: NDArray[np.uint8]
    at: Positions
    after: int

    def header_byte(self, index: int) -> NDArray[np.uint8]:
        """Byte `index` of each frame."""
        return self.window[self.at + index]


def walk(file: int, start: int, end: int, header_bytes: int, follow: Follow) -> Iterator[Stretch]:
    """Reads on for as long as frames lead further inside [start, end). `file` is a descriptor.

    Every stretch holds at least one frame, so a walk ends; each frame's header lies whole in its window.
    """
    buffer = bytearray(_WINDOW_BYTES)
    window = np.frombuffer(buffer, np.uint8)
    while start < end:
        filled = os.preadv(file, [memoryview(buffer)[: end - start]], start)
        at, after = follow(buffer, filled - header_bytes + 1)
        if not at:
            return
        yield Stretch(start, window, np.array(at, np.int64), start + after)
        start += after
