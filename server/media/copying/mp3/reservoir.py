"""The bit reservoir: how far back in earlier frames a frame's data begins (ISO 11172-3 §2.4.2.7)."""

import os
from dataclasses import dataclass

from server.media.copying.mp3.frames import Mp3Frames
from server.media.copying.mp3.header import HEADER_BYTES, MAX_FRAME_BYTES, Mp3Header, parse_header
from zerokerf.errors import CorruptFile

_MAX_BYTES = 511


@dataclass(frozen=True, slots=True)
class _Frame:
    """One frame of the source."""

    header: Mp3Header
    data: bytes

    @property
    def reach(self) -> int:
        """How many bytes before this frame's own its data begins."""
        at = HEADER_BYTES + self.header.crc_bytes
        return self.data[at] << 1 | self.data[at + 1] >> 7 if self.header.is_mpeg1 else self.data[at]

    @property
    def held(self) -> bytes:
        """Room for its own data and for that of frames after it."""
        return self.data[HEADER_BYTES + self.header.crc_bytes + self.header.side_bytes :]

    @property
    def used_bytes(self) -> int:
        """How long its data is, wherever it begins."""
        is_mpeg1, channels = self.header.is_mpeg1, self.header.channels
        side_at = HEADER_BYTES + self.header.crc_bytes
        side = int.from_bytes(self.data[side_at : side_at + self.header.side_bytes], "big")
        granules, granule_bits = (2 * channels, 59) if is_mpeg1 else (channels, 63)
        # Counted from the end of the side information; each granule starts with its length in 12 bits.
        lengths = (side >> granule_bits * k + granule_bits - 12 & 0xFFF for k in range(granules))
        return -(-sum(lengths) // 8)


def read_reservoir(file: int, frames: Mp3Frames, frame: int) -> bytes:
    """What `frame` and those after it need of those before it, up to what the file has."""
    needed = _needed_bytes(file, frames, frame)
    held = b""
    while frame > 0 and len(held) < needed:
        frame -= 1
        held = _read_frame(file, frames, frame).held + held
    return held[-needed:] if needed else b""


def _needed_bytes(file: int, frames: Mp3Frames, frame: int) -> int:
    """Frames joined without care reach back over several others."""
    needed = held = 0
    while held < _MAX_BYTES and frame < frames.frame_count:
        read = _read_frame(file, frames, frame)
        needed = max(needed, read.reach - held)
        held += len(read.held)
        frame += 1
    return needed


def is_tainted(file: int, frames: Mp3Frames, frame: int) -> bool:
    """Whether `frame` needs data from behind a joint, where two recordings meet or something is lost.

    What a decoder makes of such a frame depends on what it saw before.
    """
    read = _read_frame(file, frames, frame)
    reach = read.reach
    while frame > 0:
        frame -= 1
        before = _read_frame(file, frames, frame)
        if read.reach > before.reach + len(before.held) - before.used_bytes:
            return True  # it would begin before the data of the frame before it ends
        reach -= len(before.held)
        if reach <= 0:
            break
        read = before
    return False


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
        read = _read_frame(file, frames, frame)
        frame += 1
        missing = read.reach - held
        if missing > 0:
            orphans = Orphans(frame, min(missing, orphans.missing_bytes or missing))
        held += len(read.held)
    return orphans


def _read_frame(file: int, frames: Mp3Frames, frame: int) -> _Frame:
    start, end = int(frames.positions[frame]), int(frames.positions[frame + 1])
    data = os.pread(file, min(end - start, MAX_FRAME_BYTES), start)
    header = parse_header(data)
    if header is None or len(data) < end - start:
        raise CorruptFile("it changed while it was being cut.")
    return _Frame(header, data)
