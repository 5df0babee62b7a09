"""Moves whole FLAC frames into another stream: new headers, old bodies, patched checksums."""

import os
from collections.abc import Sequence

import numpy as np

from server.media.copying.flac_crc import appended, crc16_of_short
from server.media.copying.flac_headers import right_aligned, write_headers
from server.media.copying.flac_index import FlacIndex
from zerokerf.errors import CorruptFile

_MOST_FRAMES = 300  # three parts each; the system takes 1024 at once
_CHUNK_BYTES = 1 << 20


def copy_frames(
    index: FlacIndex, first_frame: int, stop_frame: int, zero_sample: int, source_fd: int, target_fd: int
) -> None:
    """`zero_sample` is the source's sample that is the first one of the new stream."""
    while first_frame < stop_frame:
        stop = min(stop_frame, _chunk_stop(index, first_frame))
        write_all(target_fd, _parts(index, first_frame, stop, zero_sample, source_fd))
        first_frame = stop


def read_frame(index: FlacIndex, frame: int, source_fd: int) -> bytes:
    """One whole frame, as the first one of a stream."""
    return b"".join(_parts(index, frame, frame + 1, int(index.starts[frame]), source_fd))


def write_all(fd: int, parts: Sequence[bytes | memoryview]) -> None:
    left = sum(len(part) for part in parts) - os.writev(fd, parts)
    if left:
        rest = memoryview(b"".join(parts))[-left:]
        while rest:
            rest = rest[os.write(fd, rest) :]


def _chunk_stop(index: FlacIndex, first_frame: int) -> int:
    """At least one frame more, else not more than a chunk holds."""
    end = int(index.body_offsets[first_frame]) + _CHUNK_BYTES
    offsets = index.body_offsets[first_frame : first_frame + _MOST_FRAMES]
    lengths = index.body_lengths[first_frame : first_frame + _MOST_FRAMES]
    return first_frame + max(1, int(np.count_nonzero(offsets + lengths <= end)))


def _parts(
    index: FlacIndex, first: int, stop: int, zero_sample: int, source_fd: int
) -> list[bytes | memoryview]:
    """Header, body and checksum of each frame."""
    frames = slice(first, stop)
    rows, header_lengths = write_headers(index.starts[frames] - zero_sample, index.codes[frames])
    header_crcs = crc16_of_short(right_aligned(rows, header_lengths))
    crcs = appended(header_crcs, index.body_lengths[frames]) ^ index.body_crcs[frames]
    headers, checks = rows.tobytes(), crcs.astype(">u2").tobytes()
    start = int(index.body_offsets[first])
    bodies = _read(source_fd, start, int(index.body_offsets[stop - 1] + index.body_lengths[stop - 1]) - start)
    parts: list[bytes | memoryview] = []
    places = zip(
        header_lengths.tolist(),
        (index.body_offsets[frames] - start).tolist(),
        index.body_lengths[frames].tolist(),
        strict=True,
    )
    for frame, (header_bytes, body_at, body_bytes) in enumerate(places):
        at = frame * rows.shape[1]
        parts += (
            headers[at : at + header_bytes],
            bodies[body_at : body_at + body_bytes],
            checks[2 * frame : 2 * frame + 2],
        )
    return parts


def _read(fd: int, offset: int, size: int) -> memoryview:
    data = os.pread(fd, size, offset)
    if len(data) < size:
        raise CorruptFile("it became shorter while it was being read.")
    return memoryview(data)
