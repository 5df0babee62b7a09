"""Compares whole segments with their source, sample by sample, both decoded as they are read.

Runs in the limited process that opens strangers' files.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np

from server.media.edges.alike import distance
from server.media.edges.decode import AudioFile
from server.media.edges.stretch import Samples, Stretch
from server.media.edges.values import Bar, Match, Seen, Segment

_CHUNK_SAMPLES = 1 << 16  # no frame of any format is longer
_BEGINNING = -(1 << 62)


class _Reader:
    """Samples in a row, whatever the frames they come in. Holds one chunk."""

    def __init__(self, flow: Iterator[Stretch]) -> None:
        self._flow = flow
        self._held = next(flow, Stretch(0, np.zeros((0, 0))))
        self.first_place = self._held.place

    @property
    def place(self) -> int:
        """Nothing before it can be read any more."""
        return self._held.place

    def read(self, place: int, count: int) -> Samples:
        """Less at the end."""
        pieces = [self._held.samples]
        end = self._held.end
        while end < place + count and (more := next(self._flow, None)) is not None:
            pieces.append(more.samples)
            end = more.end
        held = Stretch(self._held.place, np.concatenate(pieces, axis=1) if len(pieces) > 1 else pieces[0])
        kept = max(0, place + count - held.place)
        self._held = Stretch(held.place + min(kept, held.samples.shape[1]), held.samples[:, kept:])
        return held.part(place, count)

    def end(self) -> int:
        """Reads all that is left."""
        end = self._held.end
        for stretch in self._flow:
            end = stretch.end
        return end


@dataclass(slots=True)
class _Difference:
    """`settled` is the place after the last sample that differs."""

    is_long_enough: bool = True
    settled: int = 0
    deviation: float = 0.0


def compare_whole(source: AudioFile, demuxer: str, segments: list[Segment], bar: Bar) -> Iterator[Seen]:
    """The source is decoded once from start to end, as far as segments follow each other."""
    pre_roll = max(*bar.pre_rolls, _CHUNK_SAMPLES)
    original: _Reader | None = None
    for segment in segments:
        if original is None or not 0 <= segment.first_sample - original.place <= pre_roll:
            original = _Reader(source.flow(segment.first_sample - pre_roll))
        seen = Seen()
        try:
            with AudioFile(segment.path, demuxer) as file:
                _look_into(file, segment, original, bar.tolerance, seen)
                if seen.head is Match.NONE and seen.found == segment.sample_count:
                    original = None  # its flow is broken off
                    _compare_frames(file, source, segment, seen)
        except (av.error.FFmpegError, ValueError):
            seen = Seen()
        yield seen


def _look_into(file: AudioFile, segment: Segment, original: _Reader, tolerance: float, seen: Seen) -> None:
    file.head(1)
    own = _Reader(file.flow(_BEGINNING))
    difference = _difference(own, original, segment)
    seen.settled, seen.deviation = difference.settled, difference.deviation
    seen.found, seen.pre_roll, seen.padding = own.end(), -own.first_place, file.dropped
    if difference.is_long_enough and difference.deviation <= tolerance:
        seen.head = seen.tail = Match.SAMPLES


def _compare_frames(file: AudioFile, source: AudioFile, segment: Segment, seen: Seen) -> None:
    """Both decoded by decoders that begin anew, at the same frame."""
    own = _Reader(file.flow(_BEGINNING, anew=True))
    begin = segment.first_sample + own.first_place
    original = _Reader(source.flow(begin, anew=True))
    if original.first_place != begin:
        return
    difference = _difference(own, original, segment)
    if difference.is_long_enough and difference.deviation == 0:
        seen.head = seen.tail = Match.FRAMES


def _difference(own: _Reader, original: _Reader, segment: Segment) -> _Difference:
    found = _Difference()
    for place in range(0, segment.sample_count, _CHUNK_SAMPLES):
        count = min(_CHUNK_SAMPLES, segment.sample_count - place)
        one, other = own.read(place, count), original.read(segment.first_sample + place, count)
        if one.shape != other.shape or one.dtype != other.dtype or one.shape[1] != count:
            found.is_long_enough = False
            break
        settled, deviation = distance(one, other)
        if deviation:
            found.settled = place + settled
            found.deviation = max(found.deviation, deviation)
    return found
