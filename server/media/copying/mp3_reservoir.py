"""The bit reservoir: how far back in earlier frames a frame's data begins (ISO 11172-3 §2.4.2.7)."""

import os
from dataclasses import dataclass

from server.media.copying.mp3_frames import Mp3Frames
from server.media.copying.mp3_header import HEADER_BYTES, MAX_FRAME_BYTES, Mp3Header, parse_header
from zerokerf.errors import CorruptFile

_MAX_BYTES = 511


def read_reservoir(file: int, frames: Mp3Frames, frame: int) -> bytes:
    """What `frame` needs of those before it. Shorter than asked for where the file starts too late."""
    needed = _main_data_begin(*_read_frame(file, frames, frame))
    held = b""
    while frame > 0 and len(held) < needed:
        frame -= 1
        header, data = _read_frame(file, frames, frame)
        held = data[_main_data_at(header) :] + held
    return held[-needed:] if needed else b""


@dataclass(frozen=True, slots=True)
class Orphans:
    """Frames at the start that need data from before the file, with those between them.

    Each misses at least `missing_bytes`.
    """

    count: int = 0
    missing_bytes: int = 0


def find_orphans(file: int, frames: Mp3Frames) -> Orphans:
    orphans = Orphans()
    held = frame = 0
    while held < _MAX_BYTES and frame < frames.frame_count:
        header, data = _read_frame(file, frames, frame)
        frame += 1
        missing = _main_data_begin(header, data) - held
        if missing > 0:
            orphans = Orphans(frame, min(missing, orphans.missing_bytes or missing))
        held += max(0, len(data) - _main_data_at(header))
    return orphans


def _read_frame(file: int, frames: Mp3Frames, frame: int) -> tuple[Mp3Header, bytes]:
    start, end = int(frames.positions[frame]), int(frames.positions[frame + 1])
    data = os.pread(file, min(end - start, MAX_FRAME_BYTES), start)
    header = parse_header(data)
    if header is None or len(data) < end - start:
        raise CorruptFile("it changed while it was being cut.")
    return header, data


def _main_data_at(header: Mp3Header) -> int:
    return HEADER_BYTES + header.crc_bytes + header.side_bytes


def _main_data_begin(header: Mp3Header, data: bytes) -> int:
    at = HEADER_BYTES + header.crc_bytes
    return data[at] << 1 | data[at + 1] >> 7 if header.is_mpeg1 else data[at]
