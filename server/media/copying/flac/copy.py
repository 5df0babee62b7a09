"""Moves whole FLAC frames into another stream: new headers, old bodies, patched checksums."""

import os
from collections.abc import Sequence
from itertools import chain

import numpy as np

from server.media.copying.copy_range import write_parts
from server.media.copying.flac.crc import appended, crc16_of_short
from server.media.copying.flac.headers import right_aligned, write_headers
from server.media.copying.flac.index import FlacIndex
from zerokerf.errors import CorruptFile

_GROUP_FRAMES = 4096
_CHUNK_FRAMES = 300  # three parts each, which the system takes at once
_CHUNK_BYTES = 1 << 20

_Parts = Sequence[bytes | memoryview]


def copy_frames(index: FlacIndex, frames: range, zero_sample: int, source: int, target: int) -> None:
    """`zero_sample` is the source's sample that is the first one of the new stream."""
    for start in range(0, len(frames), _GROUP_FRAMES):
        group = frames[start : start + _GROUP_FRAMES]
        headers, checks = _envelopes(index, group, zero_sample)
        at = 0
        while at < len(group):
            stop = at + _count_in_chunk(index, group[at:])
            bodies = _bodies(index, group[at:stop], source)
            write_parts(target, _wrapped(headers[at:stop], bodies, checks[at:stop]))
            at = stop


def _wrapped(headers: _Parts, bodies: _Parts, checks: _Parts) -> _Parts:
    return list(chain.from_iterable(zip(headers, bodies, checks, strict=True)))


def _envelopes(index: FlacIndex, frames: range, zero_sample: int) -> tuple[list[bytes], list[bytes]]:
    """New header and CRC-16 of each frame."""
    these = slice(frames.start, frames.stop)
    rows, lengths = write_headers(index.starts[these] - zero_sample, index.codes[these])
    header_crcs = crc16_of_short(right_aligned(rows, lengths))
    crcs = appended(header_crcs, index.body_lengths[these]) ^ index.body_crcs[these]
    data, width = rows.tobytes(), rows.shape[1]
    places = zip(range(0, len(data), width), lengths.tolist(), strict=True)
    headers = [data[at : at + length] for at, length in places]
    checks = crcs.astype(">u2").tobytes()
    return headers, [checks[at : at + 2] for at in range(0, len(checks), 2)]


def _count_in_chunk(index: FlacIndex, frames: range) -> int:
    """At least one frame, else not more than a chunk holds."""
    these = slice(frames.start, min(frames.stop, frames.start + _CHUNK_FRAMES))
    ends = index.body_offsets[these] + index.body_lengths[these]
    return max(1, int(np.count_nonzero(ends <= index.body_offsets[frames.start] + _CHUNK_BYTES)))


def _bodies(index: FlacIndex, frames: range, fd: int) -> list[memoryview]:
    these = slice(frames.start, frames.stop)
    starts = index.body_offsets[these] - index.body_offsets[frames.start]
    stops = starts + index.body_lengths[these]
    view = memoryview(_read(fd, int(index.body_offsets[frames.start]), int(stops[-1])))
    return [view[start:stop] for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]


def _read(fd: int, offset: int, size: int) -> bytes:
    data = os.pread(fd, size, offset)
    if len(data) < size:
        raise CorruptFile("it became shorter while it was being read.")
    return data
