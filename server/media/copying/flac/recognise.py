"""Reads a finished FLAC segment back, knowing where its frames should be: nothing has to be searched."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from server.media.copying.flac.crc import Bytes, crc16_of_run
from server.media.copying.flac.headers import MOST_HEADER_BYTES, Ints, parse_headers
from server.media.copying.flac.stream import StreamInfo, read_stream_info
from server.media.copying.opened import opened
from zerokerf.errors import CorruptFile

_WINDOW_BYTES = 2 << 20
_DIFFERS = "it is not made of the frames that were written."


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFrames:
    """One item a frame: the number of its first sample, its samples and its bytes."""

    numbers: Ints
    blocks: Ints
    sizes: Ints


@dataclass(frozen=True, slots=True)
class RecognisedFlac:
    """A finished segment, whole and as expected."""

    offsets: Ints
    places: Ints

    def anchor(self, sample: int) -> tuple[int, int]:
        """The frame that this sample is in, or the nearest: its first byte and its first sample."""
        frame = max(0, int(np.searchsorted(self.places, sample, "right")) - 1)
        return int(self.offsets[frame]), int(self.places[frame])


def recognise_flac(path: Path, info: StreamInfo, expected: ExpectedFrames) -> RecognisedFlac:
    """Blocking, reads the file once. `info` is the source's.

    Raises CorruptFile unless every frame is where it should be, says what it should, and all have the right
    checksums, up to the last byte of the file. Metadata may have been put in front.
    """
    total = int(expected.blocks.sum())
    with opened(path) as file:
        found = read_stream_info(file, 0)
        offsets = found.frames_offset + np.concatenate(([0], np.cumsum(expected.sizes)))
        kind = (found.sample_rate, found.channels, found.bits, found.total_samples)
        if kind != (info.sample_rate, info.channels, info.bits, total):
            raise CorruptFile(_DIFFERS)
        if os.fstat(file).st_size != offsets[-1]:
            raise CorruptFile(_DIFFERS)
        if not _are_expected(_read_headers(file, expected.sizes, offsets), found, expected):
            raise CorruptFile(_DIFFERS)
    return RecognisedFlac(offsets[:-1], expected.numbers)


def _read_headers(file: int, sizes: Ints, offsets: Ints) -> Bytes:
    """The first bytes of each frame, in rows, after all that a window holds has passed."""
    buffer = np.zeros(max(_WINDOW_BYTES, int(sizes.max())) + MOST_HEADER_BYTES, np.uint8)
    rows = np.empty((len(sizes), MOST_HEADER_BYTES), np.uint8)
    first = 0
    while first < len(sizes):
        start = int(offsets[first])
        stop = max(first + 1, int(np.searchsorted(offsets, start + _WINDOW_BYTES, "right")) - 1)
        size = int(offsets[stop]) - start
        if os.preadv(file, [buffer.data[:size]], start) != size or crc16_of_run(buffer[:size]):
            raise CorruptFile(_DIFFERS)
        rows[first:stop] = buffer[(offsets[first:stop] - start)[:, None] + np.arange(MOST_HEADER_BYTES)]
        first = stop
    return rows


def _are_expected(rows: Bytes, info: StreamInfo, expected: ExpectedFrames) -> bool:
    starts = np.arange(len(rows)) * MOST_HEADER_BYTES
    headers, found, fits = parse_headers(rows.reshape(-1), starts, info)
    if len(found) < len(rows):
        return False
    is_right = (rows[:, 0] == 0xFF) & (rows[:, 1] == 0xF9) & fits
    is_right &= (headers.numbers == expected.numbers) & (headers.blocks == expected.blocks)
    return bool(is_right.all())
