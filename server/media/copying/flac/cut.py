"""Cuts native FLAC (RFC 9639) at any sample: whole frames are copied, the blocks at both edges written anew.

Segments are streams of variable block size: each frame carries the number of its first sample. A copied frame
gets a new header; its CRC-16 follows from the old one by arithmetic, so the body is only moved.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from server.media.copying.copier import Integrity
from server.media.copying.copy_range import write_all
from server.media.copying.flac.blocks import block_lengths, verbatim_bytes, verbatim_frames
from server.media.copying.flac.copy import copy_frames
from server.media.copying.flac.decode import FrameDecoder, Samples, decode_here
from server.media.copying.flac.headers import NUMBER_LIMITS, coded_bytes
from server.media.copying.flac.index import FlacIndex, read_index
from server.media.copying.flac.recognise import ExpectedFrames, RecognisedFlac, recognise_flac
from server.media.copying.flac.samples import DecodedFrames
from server.media.copying.flac.stream import STREAM_HEAD_BYTES, write_stream_head
from server.media.copying.opened import created, opened
from zerokerf.formats import Format

_LEAST_BLOCK = 16  # samples; only the last block may be shorter


def open_flac(path: Path, decode: FrameDecoder = decode_here) -> "FlacCopier":
    """Reads the whole file once and checks every frame. Raises NotCopyable or CorruptFile.

    `decode` is for the frames in which cuts lie, while segments are written.
    """
    return FlacCopier(read_index(path), decode)


@dataclass(frozen=True, slots=True)
class _Layout:
    """In samples of the source: rewritten up to `head_end`, copied, rewritten from `tail_start` on."""

    first: int
    head_end: int
    first_frame: int
    stop_frame: int
    tail_start: int
    end: int


class FlacCopier:
    """A Copier of FLAC. Decoded alone, each segment gives its samples bit by bit."""

    format = Format.FLAC

    def __init__(self, index: FlacIndex, decode: FrameDecoder) -> None:
        self._index = index
        self._decoded = DecodedFrames(index, decode)

    @property
    def sample_rate(self) -> int:
        return self._index.info.sample_rate

    @property
    def channels(self) -> int:
        return self._index.info.channels

    @property
    def sample_count(self) -> int:
        return self._index.sample_count

    @property
    def integrity(self) -> Integrity:
        return self._index.integrity

    def snap(self, sample: int) -> int:
        return min(max(sample, 0), self.sample_count)

    def excess_samples(self, first_sample: int, sample_count: int) -> int:  # noqa: ARG002 - the same for all
        return 0

    def size_bytes(self, first_sample: int, sample_count: int) -> int:
        layout = self._layout(first_sample, first_sample + sample_count)
        return (
            STREAM_HEAD_BYTES
            + self._rewritten_bytes(layout, layout.first, layout.head_end)
            + self._copied_bytes(layout)
            + self._rewritten_bytes(layout, layout.tail_start, layout.end)
        )

    def fit(self, first_sample: int, max_bytes: int) -> int:
        """Rewritten samples take more room than copied frames, so whole frames are filled in first."""
        left = self.sample_count - first_sample
        if left <= 0:
            return 0

        def size(samples: int) -> int:
            return self.size_bytes(first_sample, samples) if samples else STREAM_HEAD_BYTES

        layout = self._layout(first_sample, self.sample_count)
        head = layout.head_end - first_sample
        if size(head) > max_bytes:
            return bisect_right(range(1, head), max_bytes, key=size)
        ends = self._index.starts[layout.first_frame :] - first_sample
        whole = bisect_right(ends, max_bytes, key=lambda samples: size(int(samples))) - 1
        if whole == len(ends) - 1:
            return left
        begun = range(int(ends[whole]) + 1, int(ends[whole + 1]))
        return int(ends[whole]) + bisect_right(begun, max_bytes, key=size)

    def expect(self, bounds: Sequence[int]) -> None:
        """Where cuts will be: what has to be decoded for them is then decoded together."""
        starts = self._index.starts
        inner = np.asarray(bounds, np.int64)
        inner = inner[(inner > 0) & (inner < self.sample_count)]
        frames = np.searchsorted(starts, inner, "right") - 1
        begun = frames[starts[frames] != inner]
        joined = frames[starts[frames + 1] - inner < _LEAST_BLOCK] + 1
        self._decoded.expect(
            frame for frame in (*begun.tolist(), *joined.tolist()) if frame < len(starts) - 1
        )

    def anchor(self, sample: int) -> tuple[int, int]:
        """The frame that this sample is in, or the nearest: its first byte and its first sample."""
        starts = self._index.starts
        frame = min(max(0, int(np.searchsorted(starts, sample, "right")) - 1), len(starts) - 2)
        return int(self._index.frame_offsets[frame]), int(starts[frame])

    def recognise(self, first_sample: int, sample_count: int, path: Path) -> RecognisedFlac:
        """Blocking, reads the file once. Raises CorruptFile unless it is made of the frames of this segment,
        and every one is whole."""
        layout = self._layout(first_sample, first_sample + sample_count)
        return recognise_flac(path, self._index.info, self._expected_frames(layout))

    def write(self, first_sample: int, sample_count: int, output: Path) -> None:
        layout = self._layout(first_sample, first_sample + sample_count)
        with opened(self._index.path) as source, created(output) as target:
            write_all(target, self._stream_head(layout))
            self._rewrite(layout, layout.first, layout.head_end, target)
            frames = range(layout.first_frame, layout.stop_frame)
            copy_frames(self._index, frames, layout.first, source, target)
            self._rewrite(layout, layout.tail_start, layout.end, target)

    def _layout(self, first: int, end: int) -> _Layout:
        if not 0 <= first < end <= self.sample_count:
            raise ValueError(f"no samples {first} to {end} in {self.sample_count}")
        starts = self._index.starts
        frame = int(np.searchsorted(starts, first))
        head_end = min(int(starts[frame]), end)
        if 0 < head_end - first < _LEAST_BLOCK and head_end < end:
            frame += 1
            head_end = min(int(starts[frame]), end)
        stop_frame = max(frame, int(np.searchsorted(starts, end, side="right")) - 1)
        tail_start = end if head_end == end else int(starts[stop_frame])
        return _Layout(first, head_end, frame, stop_frame, tail_start, end)

    def _rewritten_bytes(self, layout: _Layout, start: int, end: int) -> int:
        lengths = block_lengths(self._index.most_block, end - start)
        return verbatim_bytes(self._index.info, start - layout.first, lengths)

    def _copied_bytes(self, layout: _Layout) -> int:
        """Without their numbers that is a difference of sums; with them, one byte more behind each limit."""
        first, stop = layout.first_frame, layout.stop_frame
        first_longer = np.searchsorted(self._index.starts[:stop], layout.first + NUMBER_LIMITS)
        number_bytes = stop - first + int((stop - np.clip(first_longer, first, stop)).sum())
        return int(self._index.copied_bytes[stop] - self._index.copied_bytes[first]) + number_bytes

    def _expected_frames(self, layout: _Layout) -> ExpectedFrames:
        index, copied = self._index, slice(layout.first_frame, layout.stop_frame)
        head = block_lengths(index.most_block, layout.head_end - layout.first)
        tail = block_lengths(index.most_block, layout.end - layout.tail_start)
        blocks = np.concatenate((head, np.diff(index.starts)[copied], tail)).astype(np.int64)
        numbers = np.concatenate(([0], np.cumsum(blocks)[:-1]))
        own = [
            [
                verbatim_bytes(index.info, start, [length])
                for start, length in zip(starts, lengths, strict=True)
            ]
            for starts, lengths in ((numbers[: len(head)], head), (numbers[len(blocks) - len(tail) :], tail))
        ]
        kept = np.diff(index.copied_bytes)[copied] + coded_bytes(numbers[len(head) : len(blocks) - len(tail)])
        sizes = np.concatenate((own[0], kept, own[1])).astype(np.int64)
        return ExpectedFrames(numbers=numbers, blocks=blocks, sizes=sizes)

    def _stream_head(self, layout: _Layout) -> bytes:
        blocks: list[ArrayLike] = [
            block_lengths(self._index.most_block, layout.head_end - layout.first),
            np.diff(self._index.starts[layout.first_frame : layout.stop_frame + 1]),
            block_lengths(self._index.most_block, layout.end - layout.tail_start),
        ]
        lengths = np.concatenate([np.asarray(some, np.int64) for some in blocks])
        least = (lengths[:-1] if len(lengths) > 1 else lengths).min()  # the last block is free to be shorter
        sample_count = layout.end - layout.first
        return write_stream_head(self._index.info, sample_count, int(least), int(lengths.max()))

    def _rewrite(self, layout: _Layout, start: int, end: int, target: int) -> None:
        if start < end:
            lengths = block_lengths(self._index.most_block, end - start)
            samples = self._samples(start, end)
            frames = verbatim_frames(self._index.info, start - layout.first, lengths, samples)
            write_all(target, frames)

    def _samples(self, start: int, end: int) -> Samples:
        """Of the blocks around an edge: one, or two where a short one is joined to the next."""
        starts = self._index.starts
        first = int(np.searchsorted(starts, start, side="right")) - 1
        stop = int(np.searchsorted(starts, end))
        samples = np.concatenate([self._decoded.samples(frame) for frame in range(first, stop)])
        return samples[start - starts[first] : end - starts[first]]
