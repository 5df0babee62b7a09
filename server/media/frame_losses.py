"""Follows the frames of a damaged MP3 or ADTS file and counts how often they are lost and found again."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from server.media.probing.sniff import FrameBytes, adts_frame_bytes, mpeg_frame_bytes

_FIRST_WINDOW_BYTES = 1 << 14  # where frames are lost often, little more is needed
_WINDOW_BYTES = 1 << 20
_BEYOND_BYTES = 8192 + 8  # to the header of the frame behind the longest one
_HEADER_BYTES = 6
# A hostile file may hold nothing but beginnings of frames, or frames and gaps by turns.
_MOST_TRIES = 1_000_000
_MOST_RUNS = 10_000


@dataclass(frozen=True, slots=True)
class FrameKind:
    """How frames state their lengths, and what of a header stays the same from frame to frame."""

    frame_bytes: FrameBytes
    mask: int

    def alike(self, header: bytes) -> int:
        return int.from_bytes(header[:4], "big") & self.mask


MPEG_FRAMES = FrameKind(mpeg_frame_bytes, 0xFFFE0C00)
ADTS_FRAMES = FrameKind(adts_frame_bytes, 0xFFFEFDC0)


@dataclass(frozen=True, slots=True)
class FrameLosses:
    """At least so many of both; `frames` are those that are whole."""

    frames: int
    resyncs: int
    is_cut_off: bool


def count_losses(file: int, start: int, end: int, kind: FrameKind) -> FrameLosses:
    """Blocking, reads [start, end) once, by its descriptor. What lies before the first frame is no loss."""
    tries = iter(range(_MOST_TRIES))
    like: int | None = None
    frames, runs, lost_at = 0, 0, start
    while runs < _MOST_RUNS and (position := _find(file, lost_at, end, kind, tries, like)) is not None:
        like = kind.alike(os.pread(file, _HEADER_BYTES, position)) if like is None else like
        more, lost_at = _follow(file, position, end, kind, like)
        frames, runs = frames + more, runs + 1
    is_cut_off = lost_at > end
    return FrameLosses(frames - is_cut_off, max(0, runs - 1), is_cut_off)


def _follow(file: int, position: int, end: int, kind: FrameKind, like: int) -> tuple[int, int]:
    """How many frames follow here, and where they are lost: behind the end if the last one is cut off."""
    frames, window_bytes = 0, _FIRST_WINDOW_BYTES
    while position + _HEADER_BYTES <= end:
        window = os.pread(file, min(window_bytes, end - position), position)
        at = 0
        while at + _HEADER_BYTES <= len(window):
            header = window[at : at + _HEADER_BYTES]
            size = kind.frame_bytes(header) if kind.alike(header) == like else 0
            if not size:
                return frames, position + at
            at, frames = at + size, frames + 1
        if not at:
            break
        position, window_bytes = position + at, _WINDOW_BYTES
    return frames, position


def _find(
    file: int, position: int, end: int, kind: FrameKind, tries: Iterator[int], like: int | None
) -> int | None:
    """Where a frame begins behind which there is another one like it, or the end."""
    step = _FIRST_WINDOW_BYTES
    while position + _HEADER_BYTES <= end:
        window = os.pread(file, min(step + _BEYOND_BYTES, end - position), position)
        is_last = position + len(window) >= end
        for at in _starts(window):
            if next(tries, None) is None:
                return None
            if not is_last and at >= step:
                break
            if _is_pair(window, at, kind, like, is_last=is_last):
                return position + at
        if is_last or not window:
            return None
        position, step = position + step, _WINDOW_BYTES
    return None


def _starts(window: bytes) -> list[int]:
    seen = np.frombuffer(window, np.uint8)
    return list(map(int, np.flatnonzero((seen[:-1] == 0xFF) & (seen[1:] >= 0xE0))))


def _is_pair(window: bytes, at: int, kind: FrameKind, like: int | None, *, is_last: bool) -> bool:
    header = window[at : at + _HEADER_BYTES]
    size = kind.frame_bytes(header)
    if not size or (like is not None and kind.alike(header) != like):
        return False
    after = window[at + size : at + size + _HEADER_BYTES]
    if not after:
        return is_last and at + size == len(window)
    return bool(kind.frame_bytes(after)) and kind.alike(after) == kind.alike(header)
