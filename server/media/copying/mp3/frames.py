"""The index of an MP3: where each frame is, how many samples there are, and how whole the file is."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.media.copying.copier import Integrity, NotCopyable
from server.media.copying.frame_tail import check_tail
from server.media.copying.frame_walk import NOWHERE, Positions, Stretch, walk
from server.media.copying.mp3.header import DECODER_DELAY, HEADER_BYTES, Mp3Header
from server.media.copying.mp3.info import InfoFrame
from server.media.copying.mp3.start import Mp3Start, find_start
from server.media.copying.tag_edges import audio_range
from server.media.probing.sniff import mpeg_frame_bytes

_MAX_FRAMES = 1 << 24  # 100 hours and more; 128 MiB of index
_MODE_MASK = 0xCF  # mode, copyright, original, emphasis: may change from frame to frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Mp3Frames:
    """`positions` has one entry more than there are frames: where the last one ends."""

    header: Mp3Header
    positions: Positions
    #: Decoded samples before the first that counts: the encoder's delay and the decoder's.
    hidden_samples: int
    sample_count: int
    is_vbr: bool
    #: All headers are alike, so that any two frames in a row are recognised as such.
    is_uniform: bool
    integrity: Integrity

    @property
    def frame_count(self) -> int:
        return len(self.positions) - 1


def index_mp3(file: int) -> Mp3Frames:
    """Reads the file once, by its descriptor. Raises NotCopyable, CorruptFile."""
    start, end = audio_range(file)
    first = find_start(file, start, end)
    positions, is_uniform = _walk(file, first, end)
    is_cut_off = bool(positions[-1] > end)
    positions = positions[:-1] if is_cut_off else positions
    if len(positions) < 3:
        raise NotCopyable("It holds less than two whole frames.")
    if not is_cut_off:
        check_tail(file, int(positions[-1]), end, mpeg_frame_bytes)
    size_after_info = os.fstat(file).st_size - start
    hidden, count = _timeline(first, len(positions) - 1, size_after_info)
    if count <= 0:
        raise NotCopyable("Its first frame says that nothing of it is to be heard.")
    return Mp3Frames(
        header=first.header,
        positions=positions,
        hidden_samples=hidden,
        sample_count=count,
        is_vbr=bool(np.ptp(np.diff(positions)) > 1),
        is_uniform=is_uniform,
        integrity=_integrity(first, len(positions) - 1, int(positions[-1]) - start, is_cut_off=is_cut_off),
    )


def _walk(file: int, first: Mp3Start, end: int) -> tuple[Positions, bool]:
    """Where each frame begins and the last one ends, and whether all headers are alike."""
    lengths = _lengths(first.header)
    parts: list[Positions] = []
    count, after, is_uniform = 0, first.offset, True
    for stretch in walk(file, first.offset, end, HEADER_BYTES, _follow(lengths)):
        is_frame = _are_frames(stretch, first.header, lengths)
        good = len(is_frame) if is_frame.all() else int(is_frame.argmin())
        parts.append(stretch.at[:good] + stretch.offset)
        after = stretch.after if good == len(is_frame) else stretch.offset + int(stretch.at[good])
        modes = stretch.header_byte(3)[:good] & _MODE_MASK
        is_uniform = is_uniform and bool((modes == first.header.raw[3] & _MODE_MASK).all())
        count += good
        if count > _MAX_FRAMES:
            raise NotCopyable("It holds more frames than can be indexed.")
        if good < len(is_frame):
            break
    return np.concatenate([*parts, np.array([after], np.int64)]), is_uniform


def _lengths(header: Mp3Header) -> list[int]:
    """The length of a frame of the same kind by its third byte; one that states none leads nowhere."""
    sync, kind, rate, mode = header.raw
    return [
        (mpeg_frame_bytes(bytes((sync, kind, byte, mode))) if byte & 0x0C == rate & 0x0C else 0) or NOWHERE
        for byte in range(256)
    ]


def _follow(lengths: list[int]) -> Callable[[bytearray, int], tuple[list[int], int]]:
    def follow(window: bytearray, stop: int) -> tuple[list[int], int]:
        at: list[int] = []
        add, position = at.append, 0
        while position < stop:
            add(position)
            position += lengths[window[position + 2]]
        return at, position

    return follow


def _are_frames(stretch: Stretch, header: Mp3Header, lengths: list[int]) -> NDArray[np.bool_]:
    """Same version, layer, rate and number of channels; checksums and kinds of stereo may come and go."""
    is_known = np.array(lengths) < NOWHERE
    is_frame: NDArray[np.bool_] = (stretch.header_byte(0) == 0xFF) & (
        stretch.header_byte(1) | 1 == header.raw[1] | 1
    )
    is_frame &= is_known[stretch.header_byte(2)]
    is_frame &= (stretch.header_byte(3) >> 6 == 3) == (header.channels == 1)
    return is_frame


def _timeline(first: Mp3Start, frames: int, bytes_from_info: int) -> tuple[int, int]:
    """Hidden samples, and how many follow that FFmpeg plays."""
    info, samples = first.info, first.header.frame_samples
    if info is None or info.lame_at is None:
        return 0, frames * samples
    hidden = info.delay + DECODER_DELAY
    end = frames * samples
    if info.frames and info.padding > DECODER_DELAY and not _is_joined(info, bytes_from_info):
        if info.frames < frames:
            raise NotCopyable("Its first frame counts fewer frames than there are.")
        end = min(end, info.frames * samples - info.padding + DECODER_DELAY)
    return hidden, end - hidden


def _is_joined(info: InfoFrame, bytes_from_info: int) -> bool:
    """A file a sixteenth longer than it says was joined from several; its padding is then not believed."""
    excess = bytes_from_info - HEADER_BYTES - info.audio_bytes
    return info.audio_bytes > 0 and excess > info.audio_bytes >> 4


def _integrity(first: Mp3Start, frames: int, bytes_from_info: int, *, is_cut_off: bool) -> Integrity:
    """Some encoders count the info frame among the others: one frame too few alone proves nothing."""
    info, samples = first.info, first.header.frame_samples
    if info is None or not info.frames:
        return Integrity(is_truncated=is_cut_off)
    gaps = info.delay + max(info.padding, DECODER_DELAY) if info.lame_at is not None else 0
    missing = info.frames - frames
    is_short = missing > 1 or (missing == 1 and info.audio_bytes > bytes_from_info)
    return Integrity(
        expected_samples=max(0, info.frames * samples - gaps), is_truncated=is_cut_off or is_short
    )
