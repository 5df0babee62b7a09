"""The index of a native FLAC file: each frame's place, its samples and what its new header needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from server.media.copying.copier import Integrity, NotCopyable
from server.media.copying.flac_crc import Bytes, Crcs
from server.media.copying.flac_headers import Ints, tail_lengths
from server.media.copying.flac_scan import FoundFrames, FrameScan
from server.media.copying.flac_stream import MOST_SAMPLES, StreamInfo, read_stream_info
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
    blocks = np.concatenate([frames.headers.blocks for frames in found])
    codes = np.concatenate([frames.headers.codes for frames in found])
    body_lengths = np.concatenate([frames.body_lengths for frames in found])
    body_offsets = np.concatenate([frames.body_offsets for frames in found])
    starts = np.concatenate(([0], np.cumsum(blocks)))
    if not is_variable and ((blocks[:-1] != blocks[0]).any() or blocks[-1] > blocks[0]):
        raise NotCopyable("Its frames have different lengths where all are said to have the same.")
    if starts[-1] > MOST_SAMPLES:
        raise NotCopyable("It holds more samples than a FLAC header can say.")
    return FlacIndex(
        path=path,
        info=info,
        integrity=_integrity(info, found, blocks, is_variable=is_variable),
        most_block=int(blocks.max()),
        starts=starts,
        copied_bytes=np.concatenate(([0], np.cumsum(4 + tail_lengths(codes) + 1 + body_lengths + 2))),
        frame_offsets=body_offsets - np.concatenate([frames.headers.lengths for frames in found]),
        body_offsets=body_offsets,
        body_lengths=body_lengths,
        body_crcs=np.concatenate([frames.body_crcs for frames in found]),
        codes=codes,
    )


def _integrity(
    info: StreamInfo, found: Sequence[FoundFrames], blocks: Ints, *, is_variable: bool
) -> Integrity:
    """By the numbers of the frames: what is missing within, and whether the end is."""
    numbers = np.concatenate([frames.headers.numbers for frames in found])
    times = numbers if is_variable else numbers * blocks[0]
    first = next(frames for frames in found if len(frames.headers))
    first_offset = first.body_offsets[0] - first.headers.lengths[0]
    resyncs = np.count_nonzero(times[1:] != times[:-1] + blocks[:-1]) + (first_offset != info.frames_offset)
    reached = times[-1] + blocks[-1] - (0 if first_offset != info.frames_offset else times[0])
    return Integrity(
        expected_samples=info.total_samples,
        resyncs=int(resyncs),
        is_truncated=bool(not found[-1].ends_whole or reached < (info.total_samples or 0)),
    )
