"""Finds the frames of a FLAC file, window by window, and checks each of them.

A frame is one whose header passes its CRC-8 and continues the numbers before it, and whose whole passes its
CRC-16. What fails leaves a hole; after one, two headers in a row that continue each other are frames again.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from server.media.copying.copier import NotCopyable
from server.media.copying.flac.crc import (
    FOLDED_BYTES,
    Bytes,
    Crcs,
    appended,
    crc16_of_folded,
    crc16_of_run,
    crc16_of_short,
    folded,
    folded_width,
    parities,
)
from server.media.copying.flac.headers import (
    MOST_HEADER_BYTES,
    Flags,
    Headers,
    Ints,
    parse_headers,
    right_aligned,
)
from server.media.copying.flac.stream import StreamInfo

_WINDOW_BYTES = 4 << 20  # more than the longest frame there can be
_BATCH_BYTES = 1 << 18
_SHORT_BYTES = 64
_MOST_ROWS = 2048
_MOST_RUNS = 20_000
_CRC_BYTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFrames:
    """Whole frames, one item each. A body is what lies between header and CRC-16."""

    headers: Headers
    body_offsets: Ints
    body_lengths: Ints
    body_crcs: Crcs
    #: Whether the last frame of this window passed as well.
    ends_whole: bool


class FrameScan:
    """One pass over the frames up to the offset `end`. Blocking; memory flat."""

    def __init__(self, fd: int, info: StreamInfo, end: int) -> None:
        self._fd, self._info, self._end = fd, info, end
        self._buffer = np.zeros(_WINDOW_BYTES + MOST_HEADER_BYTES, np.uint8)
        second = os.pread(fd, 2, info.frames_offset)[1:]
        self.is_variable = second == b"\xf9"
        self._expected = -1
        self._runs = 0

    def frames(self) -> Iterator[FoundFrames]:
        """Raises NotCopyable when there are more pieces than a recording has."""
        position = self._info.frames_offset
        while position < self._end:
            window = self._read(position)
            is_last = position + len(window) >= self._end or not len(window)
            headers, starts, others = self._chained(window)
            stops = np.append(starts[1:], len(window))
            if is_last:
                yield self._checked(window, headers, starts, stops, others, position)
                return
            if len(starts) > 1:
                yield self._checked(window, headers[:-1], starts[:-1], stops[:-1], others, position)
            advance = int(starts[-1]) if len(starts) else 0
            if advance:
                self._expected = int(headers.numbers[-1])
            position += advance or max(1, len(window) - MOST_HEADER_BYTES)

    def _read(self, position: int) -> Bytes:
        wanted = min(_WINDOW_BYTES, self._end - position)
        size = os.preadv(self._fd, [self._buffer.data[:wanted]], position)
        self._buffer[size : size + MOST_HEADER_BYTES] = 0
        return self._buffer[:size]

    def _chained(self, window: Bytes) -> tuple[Headers, Ints, Ints]:
        """Headers that continue each other, where they begin, and where others do."""
        code = 0xF9FF if self.is_variable else 0xF8FF
        headers, starts, fits = parse_headers(self._buffer, _find_pairs(window, code), self._info)
        numbers = np.where(fits, headers.numbers, -2)
        if self._expected < 0 and len(starts) and starts[0] == 0 and fits[0]:
            self._expected = int(numbers[0])
        chosen = self._choose(numbers, headers.blocks if self.is_variable else np.ones_like(numbers))
        return headers[chosen], starts[chosen], starts[~chosen]

    def _choose(self, numbers: Ints, steps: Ints) -> Flags:
        chosen = np.zeros(len(numbers), np.bool_)
        followers = numbers + steps
        breaks = np.flatnonzero(numbers[1:] != followers[:-1]) + 1
        self._runs += len(breaks)
        if self._runs > _MOST_RUNS:
            raise NotCopyable("It is damaged in too many places.")
        edges = [0, *breaks.tolist(), len(numbers)]
        for start, stop in pairwise(edges) if len(numbers) else ():
            gap = int(numbers[start]) - self._expected
            if gap == 0 or (gap > 0 and stop - start > 1):
                chosen[start:stop] = True
                self._expected = int(followers[stop - 1])
        return chosen

    def _checked(
        self, window: Bytes, headers: Headers, starts: Ints, stops: Ints, others: Ints, at: int
    ) -> FoundFrames:
        """Frames that pass. Raises NotCopyable for another header that stands behind a whole frame.

        Frames in a row have together the checksum of one: only where that is wrong is each looked at. So one
        that is where it should not be shows only here; in the midst of a frame its header is a chance
        likeness of bytes.
        """
        _refuse_misplaced(window, starts, others)
        rows = self._buffer[starts[:, None] + np.arange(MOST_HEADER_BYTES)]
        body_starts = starts + headers.lengths
        body_lengths = np.maximum(0, stops - _CRC_BYTES - body_starts)
        stored = self._buffer[stops - 2].astype(np.uint16) << np.uint16(8) | self._buffer[stops - 1]
        header_crcs = crc16_of_short(right_aligned(rows, headers.lengths))
        body_crcs = appended(header_crcs, body_lengths) ^ stored  # as they must be
        is_whole = body_lengths > 0
        if len(starts) and crc16_of_run(window[starts[0] : stops[-1]]):
            is_whole &= _crc16_of_parts(window, body_starts, body_lengths) == body_crcs
        return FoundFrames(
            headers=headers[is_whole],
            body_offsets=at + body_starts[is_whole],
            body_lengths=body_lengths[is_whole],
            body_crcs=body_crcs[is_whole],
            ends_whole=bool(len(is_whole) and is_whole[-1]),
        )


def _refuse_misplaced(window: Bytes, starts: Ints, others: Ints) -> None:
    """`others` are headers that do not continue the ones before them."""
    others = others[others > starts[0]] if len(starts) else others[:0]
    before = starts[np.searchsorted(starts, others) - 1]
    if not _crc16_of_parts(window, before, others - before).all():
        raise NotCopyable("It is damaged: some of its frames do not follow from those before.")


def _find_pairs(window: Bytes, code: int) -> Ints:
    """Where two bytes are this little-endian number."""
    if len(window) < 3:
        return np.zeros(0, np.int64)
    pairs = np.frombuffer(window, np.uint16, len(window) // 2)
    is_either = pairs == code
    is_odd = np.frombuffer(window, np.uint16, (len(window) - 1) // 2, 1) == code
    is_either[: len(is_odd)] |= is_odd
    places = np.flatnonzero(is_either)
    found: Ints = 2 * places + (pairs[places] != code)
    return found


def _crc16_of_parts(window: Bytes, starts: Ints, lengths: Ints) -> Crcs:
    crcs = np.zeros(len(starts), np.uint16)
    for at in range(0, len(starts), _MOST_ROWS):
        some = slice(at, at + _MOST_ROWS)
        crcs[some] = _crc16_of_some(window, starts[some], lengths[some])
    return crcs


def _crc16_of_some(window: Bytes, starts: Ints, lengths: Ints) -> Crcs:
    """In batches of like lengths, so that little is filled up and memory stays flat."""
    few = np.zeros((len(starts), FOLDED_BYTES), np.uint8)
    parity = np.zeros(len(starts), np.uint8)
    order = np.argsort(lengths, kind="stable")
    ordered = lengths[order]
    at = 0
    while at < len(order):
        longest = max(_SHORT_BYTES, int(ordered[at]) * 5 // 4)
        most = max(1, _BATCH_BYTES // folded_width(longest))
        stop = min(at + most, int(np.searchsorted(ordered, longest, side="right")))
        batch = order[at:stop]
        rows = _rows(window, starts[batch], lengths[batch])
        parity[batch] = parities(rows)
        few[batch] = folded(rows)
        at = stop
    return crc16_of_folded(few, parity)


def _rows(window: Bytes, starts: Ints, lengths: Ints) -> Bytes:
    """Each body at the end of its row, zeros before it."""
    longest = int(lengths[-1])
    rows = np.zeros((len(starts), folded_width(longest)), np.uint8)
    if longest <= _SHORT_BYTES:
        columns = np.arange(-rows.shape[1], 0) + lengths[:, None]
        places = np.where(columns < 0, 0, columns + starts[:, None])
        rows[:] = np.where(columns < 0, np.uint8(0), window[places])
        return rows
    source, target = window.data, rows.reshape(-1).data
    for start, length, row_end in zip(
        starts.tolist(), lengths.tolist(), range(rows.shape[1], rows.size + 1, rows.shape[1]), strict=True
    ):
        target[row_end - length : row_end] = source[start : start + length]
    return rows
