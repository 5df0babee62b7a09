"""Cuts MP3 exactly to the sample, without decoding it.

A segment starts with frames that only bring a decoder into the state it would have in the source: one that
carries what later frames need of the bit reservoir, then one or two before the first that is wanted.
The LAME tag hides what they sound like, and what the last frame has too much.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from server.media.copying.copier import Integrity, NotCopyable
from server.media.copying.copy_range import copy_range, write_all
from server.media.copying.mp3.frames import Mp3Frames, index_mp3
from server.media.copying.mp3.header import DECODER_DELAY, HEADER_BYTES, shortest_header
from server.media.copying.mp3.info import info_header, make_info
from server.media.copying.mp3.reservoir import Orphans, find_orphans, is_tainted, read_reservoir
from server.media.copying.mp3.silence import silent_data_bytes, silent_frame
from server.media.copying.opened import created, opened
from server.media.copying.stretch import Stretch
from zerokerf.formats import Format

_MAX_HIDDEN = 4095 + DECODER_DELAY
_LEAST_FRAMES = 2  # FFmpeg opens no file with fewer


@dataclass(frozen=True, slots=True)
class _Lead:
    """How a segment begins: an own frame or none, the first frame of the source, and what is not to be heard
    of them, in samples."""

    own: bytes
    first_frame: int
    hidden: int


def open_mp3(path: Path) -> "Mp3Copier":
    """Blocking, reads the whole file once. Raises NotCopyable, CorruptFile."""
    with opened(path) as file:
        frames = index_mp3(file)
        orphans = find_orphans(file, frames)
    _check_orphans(frames, orphans)
    return Mp3Copier(path, frames, orphans.count)


def _check_orphans(frames: Mp3Frames, orphans: Orphans) -> None:
    """Decoders keep frames silent whose data is missing: it must go on missing in the segments."""
    is_first = frames.hidden_samples >= DECODER_DELAY
    own_frames = 0 if is_first else 1
    latest = (own_frames + orphans.count + frames.header.priming_frames) * frames.header.frame_samples
    stays_missing = is_first or orphans.missing_bytes > silent_data_bytes(frames.header)
    if orphans.count and not (stays_missing and latest <= _MAX_HIDDEN):
        raise NotCopyable("Its first frames need data of frames before them, which are missing.")


class Mp3Copier:
    """One MP3 (MPEG-1, MPEG-2 and MPEG-2.5, layer III; constant or variable bit rate), indexed.

    Decoders that honour the LAME tag give exactly the source's samples; others play up to 83 ms more.
    """

    format = Format.MP3

    def __init__(self, path: Path, frames: Mp3Frames, orphans: int) -> None:
        self._path = path
        self._frames = frames
        self._orphans = orphans
        self._info_bytes = info_header(frames.header).frame_bytes

    @property
    def sample_rate(self) -> int:
        return self._frames.header.sample_rate

    @property
    def channels(self) -> int:
        return self._frames.header.channels

    @property
    def sample_count(self) -> int:
        return self._frames.sample_count

    @property
    def integrity(self) -> Integrity:
        return self._frames.integrity

    def snap(self, sample: int) -> int:
        return min(max(sample, 0), self.sample_count)

    def size_bytes(self, first_sample: int, sample_count: int) -> int:
        end_frame = self._end_frame(first_sample, sample_count)
        with opened(self._path) as file:
            lead = self._lead(file, first_sample)
        return self._own_bytes(lead) + self._span_bytes(lead.first_frame, end_frame)

    def fit(self, first_sample: int, max_bytes: int) -> int:
        if not 0 <= first_sample < self.sample_count:
            return 0
        with opened(self._path) as file:
            lead = self._lead(file, first_sample)
        positions = self._frames.positions
        limit = int(positions[lead.first_frame]) + max_bytes - self._own_bytes(lead)
        end_frame = int(np.searchsorted(positions, limit, "right")) - 1
        if end_frame < _LEAST_FRAMES:
            return 0
        end = end_frame * self._frames.header.frame_samples - self._frames.hidden_samples
        return max(0, min(end, self.sample_count) - first_sample)

    def excess_samples(self, first_sample: int, sample_count: int) -> int:  # noqa: ARG002 - the same for all
        return 0

    def anchor(self, sample: int) -> tuple[int, int]:
        """The last frame that starts at or before this sample, or the first of all: its first byte, and the
        sample it starts with, which is below 0 where it is not to be heard."""
        samples, hidden = self._frames.header.frame_samples, self._frames.hidden_samples
        frame = min(max(0, sample + hidden) // samples, self._frames.frame_count - 1)
        return int(self._frames.positions[frame]), frame * samples - hidden

    def write(self, first_sample: int, sample_count: int, output: Path) -> None:
        made = self.stretch(first_sample, sample_count)
        with opened(self._path) as source, created(output) as target:
            write_all(target, made.head)
            copy_range(source, target, made.offset, made.size_bytes)

    def stretch(self, first_sample: int, sample_count: int) -> Stretch:
        end_frame = self._end_frame(first_sample, sample_count)
        with opened(self._path) as source:
            lead = self._lead(source, first_sample)
        head = self._info(lead, end_frame, sample_count) + lead.own
        start = int(self._frames.positions[lead.first_frame])
        return Stretch(head, start, self._span_bytes(lead.first_frame, end_frame), b"")

    def _end_frame(self, first_sample: int, sample_count: int) -> int:
        """The first one that is not needed any more."""
        if first_sample < 0 or sample_count <= 0 or first_sample + sample_count > self.sample_count:
            raise ValueError("the segment lies outside of the source")
        end = first_sample + sample_count + self._frames.hidden_samples
        return max(_LEAST_FRAMES, -(-end // self._frames.header.frame_samples))

    def _lead(self, file: int, first_sample: int) -> _Lead:
        header, samples = self._frames.header, self._frames.header.frame_samples
        wanted_frame, offset = divmod(first_sample + self._frames.hidden_samples, samples)
        first_frame = self._first_frame(file, wanted_frame)
        hidden = (wanted_frame - first_frame) * samples + offset
        own = self._carrier(file, first_frame) if first_frame else b""
        if hidden < DECODER_DELAY:
            own = silent_frame(header)
        return _Lead(own, first_frame, hidden + samples if own else hidden)

    def _first_frame(self, file: int, wanted_frame: int) -> int:
        """One from which a decoder comes into the state it has in the source."""
        header = self._frames.header
        latest = max(0, wanted_frame - header.priming_frames)
        earliest = max(0, wanted_frame + 2 - _MAX_HIDDEN // header.frame_samples)
        clean = (k for k in range(latest, earliest - 1, -1) if not is_tainted(file, self._frames, k))
        first_frame = next(clean, latest)
        return 0 if first_frame < self._orphans else first_frame

    def _carrier(self, file: int, before_frame: int) -> bytes:
        """The shortest silent frame that leaves in the reservoir what is needed of it; none if nothing is."""
        reservoir = read_reservoir(file, self._frames, before_frame)
        # Two unlike headers in a row would not be taken for the start of the audio.
        if not reservoir and self._frames.is_uniform:
            return b""
        raw = os.pread(file, HEADER_BYTES, int(self._frames.positions[before_frame]))
        header = shortest_header(self._frames.header, len(reservoir))
        head = header.raw[:3] + raw[3:]
        return head + bytes(header.frame_bytes - len(head) - len(reservoir)) + reservoir

    def _own_bytes(self, lead: _Lead) -> int:
        return self._info_bytes + len(lead.own)

    def _span_bytes(self, first_frame: int, end_frame: int) -> int:
        return int(self._frames.positions[end_frame] - self._frames.positions[first_frame])

    def _info(self, lead: _Lead, end_frame: int, sample_count: int) -> bytes:
        header = self._frames.header
        own_frames = 1 if lead.own else 0
        frames = own_frames + end_frame - lead.first_frame
        size = self._own_bytes(lead) + self._span_bytes(lead.first_frame, end_frame)
        offsets = self._frames.positions[
            lead.first_frame + (np.arange(100) * frames // 100 - own_frames).clip(0)
        ]
        offsets = offsets - self._frames.positions[lead.first_frame] + self._own_bytes(lead)
        return make_info(
            header,
            delay=lead.hidden - DECODER_DELAY,
            padding=frames * header.frame_samples - lead.hidden - sample_count + DECODER_DELAY,
            frames=frames,
            file_bytes=size,
            toc=(offsets * 256 // size).tolist(),
            is_vbr=self._frames.is_vbr,
        )
