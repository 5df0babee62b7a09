"""Finds the first frame of an MP3 as FFmpeg does, so that samples are counted from the same place."""

import os
from dataclasses import dataclass
from typing import NoReturn

from server.media.copying.copier import NotCopyable
from server.media.copying.mp3.header import HEADER_BYTES, MAX_FRAME_BYTES, Mp3Header, parse_header
from server.media.copying.mp3.info import INFO_HEAD_BYTES, InfoFrame, read_info
from server.media.probing.sniff import mpeg_frame_bytes
from zerokerf.errors import CorruptFile

_SEARCH_BYTES = 64 * 1024
_PAIR_MASK = 0xFFFE0CCF  # what a frame and the next one must have in common to be believed
_INFO_NAMES = (b"Xing", b"Info", b"VBRI")


@dataclass(frozen=True, slots=True)
class Mp3Start:
    """`info` is the frame before the audio, where there is one; `offset` is that of the first audio frame."""

    offset: int
    header: Mp3Header
    info: InfoFrame | None


def find_start(file: int, start: int, end: int) -> Mp3Start:
    """Looks between the tags at the front and those behind. Raises NotCopyable, CorruptFile."""
    info = read_info(os.pread(file, min(INFO_HEAD_BYTES, end - start), start))
    if info is not None and not (info.frames or info.audio_bytes):
        raise NotCopyable(
            "Decoders disagree about its first frame, which should state the length and does not."
        )
    first = start + (info.frame_bytes if info else 0)
    head = os.pread(file, min(_SEARCH_BYTES + 2 * MAX_FRAME_BYTES, max(0, end - first)), first)
    at = _find_pair(head)
    if at is None:
        _refuse(head, has_info=info is not None)
    header = parse_header(head[at : at + HEADER_BYTES])
    if header is None:
        raise NotCopyable("It is MPEG audio of layer I or II; only layer III can be copied.")
    if info is None and _names_info(head[: at + INFO_HEAD_BYTES]):
        raise NotCopyable("Its first frame states the length in a place where decoders disagree about it.")
    return Mp3Start(first + at, header, info)


def _find_pair(head: bytes) -> int | None:
    """Where a frame of any layer starts that is followed by another one like it."""
    at = head.find(b"\xff")
    while 0 <= at < _SEARCH_BYTES:
        size = mpeg_frame_bytes(head[at : at + HEADER_BYTES])
        follower = head[at + size : at + size + HEADER_BYTES]
        if size and mpeg_frame_bytes(follower) and _common(head[at : at + HEADER_BYTES]) == _common(follower):
            return at
        at = head.find(b"\xff", at + 1)
    return None


def _common(header: bytes) -> int:
    return int.from_bytes(header, "big") & _PAIR_MASK


def _names_info(head: bytes) -> bool:
    return any(name in head for name in _INFO_NAMES)


def _refuse(head: bytes, *, has_info: bool) -> NoReturn:
    if parse_header(head) or has_info:
        raise NotCopyable("It holds too few frames to be sure where they begin.")
    if len(head) >= HEADER_BYTES and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        kind, kbits_index = head[1] >> 1 & 3, head[2] >> 4
        if kind == 1 and kbits_index == 0:
            raise NotCopyable("Its frames do not state their lengths (free format).")
        if kind in (2, 3) and kbits_index != 15:
            raise NotCopyable("It is MPEG audio of layer I or II; only layer III can be copied.")
    raise CorruptFile("it holds no frames of MPEG audio.")
