"""Cuts AAC in ADTS between its frames: the segments put together are the source's frames, byte for byte."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from server.media.copying.adts.frames import FRAME_SAMPLES, AdtsFrames, index_adts
from server.media.copying.copier import Integrity
from server.media.copying.copy_range import copy_range, is_same_range
from server.media.copying.opened import created, opened
from server.media.copying.tag_edges import audio_range
from zerokerf.errors import CorruptFile
from zerokerf.formats import Format


def open_adts(path: Path) -> "AdtsCopier":
    """Blocking, reads the whole file once. Raises NotCopyable, CorruptFile."""
    with opened(path) as file:
        return AdtsCopier(path, index_adts(file))


@dataclass(frozen=True, slots=True)
class RecognisedAdts:
    """A finished segment, whose frames lie as far apart as the source's."""

    source: "AdtsCopier"
    first_sample: int
    shift_bytes: int

    def anchor(self, sample: int) -> tuple[int, int]:
        """The frame that this sample is in: its first byte and its first sample."""
        offset, place = self.source.anchor(self.first_sample + max(0, sample))
        return offset + self.shift_bytes, place - self.first_sample


class AdtsCopier:
    """One stream of AAC (low complexity) in ADTS frames, indexed.

    A decoder makes 1024 samples of each frame, from the first one on, so frame k holds samples 1024k to
    1024k+1023, and the encoder's own delay is part of the source. A segment decoded on its own has exactly
    its samples; those of its first frame fade in, because half of what they consist of is one frame earlier.
    """

    format = Format.AAC

    def __init__(self, path: Path, frames: AdtsFrames) -> None:
        self._path = path
        self._frames = frames

    @property
    def sample_rate(self) -> int:
        return self._frames.sample_rate

    @property
    def channels(self) -> int:
        return self._frames.channels

    @property
    def sample_count(self) -> int:
        return self._frames.frame_count * FRAME_SAMPLES

    @property
    def integrity(self) -> Integrity:
        return self._frames.integrity

    def snap(self, sample: int) -> int:
        frame = (sample + FRAME_SAMPLES // 2) // FRAME_SAMPLES
        return min(max(frame, 0), self._frames.frame_count) * FRAME_SAMPLES

    def size_bytes(self, first_sample: int, sample_count: int) -> int:
        start, end = self._span(first_sample, sample_count)
        return end - start

    def fit(self, first_sample: int, max_bytes: int) -> int:
        if not 0 <= first_sample < self.sample_count:
            return 0
        first_frame = self._frame_at(first_sample)
        limit = int(self._frames.positions[first_frame]) + max_bytes
        end_frame = int(np.searchsorted(self._frames.positions, limit, "right")) - 1
        return max(0, end_frame - first_frame) * FRAME_SAMPLES

    def excess_samples(self, first_sample: int, sample_count: int) -> int:  # noqa: ARG002 - the same for all
        return 0

    def anchor(self, sample: int) -> tuple[int, int]:
        """The frame this sample is in, or the nearest: its first byte, and the sample it starts with."""
        frame = min(max(0, sample) // FRAME_SAMPLES, self._frames.frame_count - 1)
        return int(self._frames.positions[frame]), frame * FRAME_SAMPLES

    def recognise(self, first_sample: int, sample_count: int, path: Path) -> "RecognisedAdts":
        """Blocking, reads the file once. Raises CorruptFile unless it has the source's frames, byte for byte.
        Tags may have been put round them."""
        start, end = self._span(first_sample, sample_count)
        with opened(self._path) as source, opened(path) as file:
            found, found_end = audio_range(file)
            is_whole = found_end - found == end - start
            if not is_whole or not is_same_range(source, file, start, found, end - start):
                raise CorruptFile("its frames are not those of the source.")
        return RecognisedAdts(self, first_sample, found - start)

    def write(self, first_sample: int, sample_count: int, output: Path) -> None:
        start, end = self._span(first_sample, sample_count)
        with opened(self._path) as source, created(output) as target:
            copy_range(source, target, start, end - start)

    def _span(self, first_sample: int, sample_count: int) -> tuple[int, int]:
        """The bytes of a segment."""
        if first_sample < 0 or sample_count <= 0 or first_sample + sample_count > self.sample_count:
            raise ValueError("the segment lies outside of the source")
        first, end = self._frame_at(first_sample), self._frame_at(first_sample + sample_count)
        return int(self._frames.positions[first]), int(self._frames.positions[end])

    def _frame_at(self, sample: int) -> int:
        frame, rest = divmod(sample, FRAME_SAMPLES)
        if rest:
            raise ValueError("cuts lie between frames")
        return frame
