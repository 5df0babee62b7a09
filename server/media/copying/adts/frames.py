"""The index of an AAC stream in ADTS frames (ISO 13818-7 §6.2, ISO 14496-3 §1.A.2)."""

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.media.copying.adts.sbr import carries_sbr
from server.media.copying.copier import Integrity, NotCopyable
from server.media.copying.frame_tail import check_tail
from server.media.copying.frame_walk import NOWHERE, Positions, Stretch, walk
from server.media.copying.tag_edges import audio_range
from server.media.probing.sniff import adts_frame_bytes
from zerokerf.errors import CorruptFile

FRAME_SAMPLES = 1024
_HEADER_BYTES = 7
_CRC_BYTES = 2
#: A header, its checksum, and the byte after them, which says what comes first. No frame is shorter.
_LOOK_BYTES = _HEADER_BYTES + _CRC_BYTES + 1

_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_LOW_COMPLEXITY = 1
_CHANNELS = (0, 1, 2, 3, 4, 5, 6, 8)
_FIRST_SILENT_ELEMENT = 4  # data, configuration, filling, end: what comes after the elements that sound
_SILENT_FRAME_BYTES = 24  # room for filling, but for nothing to hear besides

_MAX_FRAMES = 1 << 24
_SAMPLED_FRAMES = 32
_LEAST_SAMPLED_FRAMES = 8  # a few may look alike by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class AdtsFrames:
    """`positions` has one entry more than there are frames: where the last one ends."""

    sample_rate: int
    channels: int
    positions: Positions
    integrity: Integrity

    @property
    def frame_count(self) -> int:
        return len(self.positions) - 1


def index_adts(file: int) -> AdtsFrames:
    """Reads the file once, by its descriptor. Raises NotCopyable, CorruptFile."""
    start, end = audio_range(file)
    header = os.pread(file, _HEADER_BYTES, start)
    _check_header(header)
    positions = _walk(file, header, start, end)
    is_cut_off = bool(positions[-1] > end)
    positions = positions[:-1] if is_cut_off else positions
    if len(positions) < 2:
        raise CorruptFile("it holds no whole frame.")
    if not is_cut_off:
        check_tail(file, int(positions[-1]), end, adts_frame_bytes)
    frames = AdtsFrames(
        sample_rate=_RATES[header[2] >> 2 & 15],
        channels=_CHANNELS[_channel_configuration(header)],
        positions=positions,
        integrity=Integrity(is_truncated=is_cut_off),
    )
    _check_no_sbr(file, frames)
    return frames


def _check_header(header: bytes) -> None:
    if len(header) < _HEADER_BYTES or not adts_frame_bytes(header):
        raise CorruptFile("it does not start with an ADTS frame.")
    if header[2] >> 6 != _LOW_COMPLEXITY:
        raise NotCopyable("It is not AAC of the low complexity profile.")
    if _channel_configuration(header) == 0:
        raise NotCopyable("Its frames do not state which channels they hold.")


def _channel_configuration(header: bytes) -> int:
    return (header[2] & 1) << 2 | header[3] >> 6


def _walk(file: int, header: bytes, start: int, end: int) -> Positions:
    """Where each frame begins and the last one ends."""
    parts: list[Positions] = []
    count, after = 0, start
    for stretch in walk(file, start, end, _LOOK_BYTES, _follow):
        is_frame = _are_frames(stretch, header)
        good = len(is_frame) if is_frame.all() else int(is_frame.argmin())
        parts.append(stretch.at[:good] + stretch.offset)
        after = stretch.after if good == len(is_frame) else stretch.offset + int(stretch.at[good])
        count += good
        if count > _MAX_FRAMES:
            raise NotCopyable("It holds more frames than can be indexed.")
        _check_frames(stretch, good)
        if good < len(is_frame):
            break
    return np.concatenate([*parts, np.array([after], np.int64)])


def _follow(window: bytearray, stop: int) -> tuple[list[int], int]:
    at: list[int] = []
    add, position = at.append, 0
    while position < stop:
        add(position)
        position += (
            (window[position + 3] & 3) << 11 | window[position + 4] << 3 | window[position + 5] >> 5
        ) or NOWHERE
    return at, position


def _are_frames(stretch: Stretch, header: bytes) -> NDArray[np.bool_]:
    """Same profile, rate and channels; checksums may come and go."""
    high, middle, low = (stretch.header_byte(index) for index in (3, 4, 5))
    size = (high & 3).astype(np.int32) << 11 | middle.astype(np.int32) << 3 | low >> 5
    is_frame: NDArray[np.bool_] = (stretch.header_byte(0) == 0xFF) & (size >= _LOOK_BYTES)
    is_frame &= stretch.header_byte(1) & 0xFE == header[1] & 0xFE
    is_frame &= stretch.header_byte(2) & 0xFD == header[2] & 0xFD
    is_frame &= high >> 6 == header[3] >> 6
    return is_frame


def _check_frames(stretch: Stretch, good: int) -> None:
    """A frame must decode to 1024 samples, no more and no less."""
    at = stretch.at[:good]
    if (stretch.window[at + 6] & 3).any():
        raise NotCopyable("Its frames hold several blocks each.")
    has_crc = stretch.window[at + 1] & 1 == 0
    first_element = stretch.window[at + _HEADER_BYTES + _CRC_BYTES * has_crc] >> 5
    sizes = np.diff(np.append(at, stretch.after - stretch.offset))
    is_silent = (first_element >= _FIRST_SILENT_ELEMENT) & (sizes <= _SILENT_FRAME_BYTES)
    if is_silent.any():
        raise NotCopyable("It holds frames without sound, which decoders leave out.")


def _check_no_sbr(file: int, frames: AdtsFrames) -> None:
    """HE-AAC calls itself low complexity at half its rate; decoders find the other half inside the frames."""
    step = max(1, frames.frame_count // _SAMPLED_FRAMES)
    sampled = range(0, frames.frame_count, step)
    count = sum(carries_sbr(_read(file, frames.positions, frame)) for frame in sampled)
    if len(sampled) >= _LEAST_SAMPLED_FRAMES and 2 * count > len(sampled):
        raise NotCopyable("It is HE-AAC, whose frames need more of those before them than can be hidden.")


def _read(file: int, positions: Positions, frame: int) -> bytes:
    start = int(positions[frame])
    return os.pread(file, int(positions[frame + 1]) - start, start)
