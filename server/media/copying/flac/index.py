"""The index of a native FLAC file: each frame's place, its samples and what its new header needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from server.media.copying.copier import Integrity, NotCopyable
from server.media.copying.flac.crc import Bytes, Crcs
from server.media.copying.flac.headers import Ints, tail_lengths
from server.media.copying.flac.scan import FoundFrames, FrameScan
from server.media.copying.flac.stream import MOST_SAMPLES, StreamInfo, read_stream_info
from server.media.copying.opened import opened
from server.media.copying.tag_edges import audio_range
from zerokerf.errors import CorruptFile

# 100 hours at 44.1 kHz in blocks of 4096; a hostile file can hold a hundred million tiny ones.
_MOST_FRAMES = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FlacIndex:
    """Arrays of one item a frame, about 60 bytes in all. `starts` and `copied_bytes` have one item more."""

    path: Path
    info: StreamInfo
    integrity: Integrity
    most_block: int
    #: First sample of each frame, and behind the last one.
    starts: Ints
    #: Bytes of all frames before, without the numbers in their headers.
    copied_bytes: Ints
    frame_offsets: Ints
    body_offsets: Ints
    body_lengths: Ints
    body_crcs: Crcs
    codes: Bytes

    @property
    def sample_count(self) -> int:
        return int(self.starts[-1])


def read_index(path: Path) -> FlacIndex:
    """Blocking, reads the file once. Raises NotCopyable or CorruptFile."""
    with opened(path) as file:
        start, end = audio_range(file)
        info = read_stream_info(file, start)
        scan = FrameScan(file, info, end)
        found: list[FoundFrames] = []
        count = 0
        for frames in scan.frames():
            found.append(frames)
            count += len(frames.headers)
            if count > _MOST_FRAMES:
                raise NotCopyable("It holds more frames than can be indexed.")
    if not count:
        raise CorruptFile("it has no whole FLAC frame.")
    return _index(path, info, found, is_variable=scan.is_variable)


def _index(path: Path, info: StreamInfo, found: Sequence[FoundFrames], *, is_variable: bool) -> FlacIndex:
    headers = [frames.headers for frames in found]
    blocks = np.concatenate([some.blocks for some in headers])
    codes = np.concatenate([some.codes for some in headers])
    body_offsets = np.concatenate([frames.body_offsets for frames in found])
    body_lengths = np.concatenate([frames.body_lengths for frames in found])
    frame_offsets = body_offsets - np.concatenate([some.lengths for some in headers])
    numbers = np.concatenate([some.numbers for some in headers])
    _refuse_holes(numbers, blocks if is_variable else np.ones_like(blocks))
    if frame_offsets[0] != info.frames_offset:
        raise NotCopyable("It is damaged: its first frame is missing.")
    if not is_variable and ((blocks[:-1] != blocks[0]).any() or blocks[-1] > blocks[0]):
        raise NotCopyable("Its frames have different lengths where all are said to have the same.")
    starts = np.concatenate(([0], np.cumsum(blocks)))
    return FlacIndex(
        path=path,
        info=info,
        integrity=_integrity(info, int(starts[-1]), ends_whole=found[-1].ends_whole),
        most_block=int(blocks.max()),
        starts=starts,
        copied_bytes=np.concatenate(([0], np.cumsum(4 + tail_lengths(codes) + 1 + body_lengths + 2))),
        frame_offsets=frame_offsets,
        body_offsets=body_offsets,
        body_lengths=body_lengths,
        body_crcs=np.concatenate([frames.body_crcs for frames in found]),
        codes=codes,
    )


def _refuse_holes(numbers: Ints, steps: Ints) -> None:
    holes = np.count_nonzero(numbers[1:] != numbers[:-1] + steps[:-1])
    if holes:
        raise NotCopyable(f"It is damaged: in {holes} places frames are missing or fail their checksums.")


def _integrity(info: StreamInfo, samples: int, *, ends_whole: bool) -> Integrity:
    expected = info.total_samples
    if samples > (expected or MOST_SAMPLES):
        raise NotCopyable("It holds more samples than its header states.")
    return Integrity(expected_samples=expected, is_truncated=not ends_whole or samples < (expected or 0))
