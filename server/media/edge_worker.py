"""Compares the edges of finished segments with the same ranges of their source, decoding both.

Runs in the limited process that opens strangers' files.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import av
import numpy as np

from server.media.edge_decode import Anchor, AudioFile, Samples, Stretch

_MAX_STRETCH_EDGES = 40  # of the source, held at once


class Match(IntEnum):
    """How alike a segment, decoded alone, is to its source."""

    NONE = 0
    #: A decoder that begins anew at the same frame of the source makes the very same samples: the frames are
    #: the source's, though one that played the source up to there makes slightly others.
    FRAMES = 1
    #: The samples are those of the source, played up to there.
    SAMPLES = 2


@dataclass(frozen=True, slots=True)
class Edge:
    """A range of a segment, counted on the source's time line and on its own."""

    original: int
    place: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Anchors are where to begin, well before the edge, in the source and in the segment's own file."""

    path: str
    first_sample: int
    sample_count: int
    head_anchor: list[int] | None
    tail_anchor: list[int] | None
    own_anchor: list[int] | None

    def edges(self, edge: int, pre_roll: int) -> tuple[Edge, Edge]:
        """The same one twice where everything is compared."""
        if self.sample_count <= 2 * edge + pre_roll:
            whole = Edge(self.first_sample, 0, self.sample_count)
            return whole, whole
        tail = self.sample_count - edge
        return Edge(self.first_sample, 0, edge), Edge(self.first_sample + tail, tail, edge)


@dataclass(slots=True)
class Seen:
    """At one segment's edges; `found` is its length in samples, by its last frame.

    `settled` says after how many samples the head is the source's, `deviation` how far it is off until then,
    1 being full scale.
    """

    head: Match = Match.NONE
    tail: Match = Match.NONE
    found: int = -1
    settled: int = 0
    deviation: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Lengths in samples: of an edge, and of what is decoded before it, at first and for a second look if that
    is of any use. `tolerance` is a deviation."""

    edge: int
    pre_roll: int
    thorough_pre_roll: int | None
    tolerance: float


def compare_edges(request: dict[str, Any], tell: Callable[[list[Any]], None]) -> dict[str, Any]:
    """Tells of every segment, in order. The answer holds a problem of the source or nothing."""
    segments = [Segment(**each) for each in request["segments"]]
    try:
        with AudioFile(request["path"], request["demuxer"]) as source:
            source.head(1)
            comparison = _Comparison(source, request["segment_demuxer"], Bar(**request["bar"]))
            for seen in comparison.compare(segments):
                tell([seen.head, seen.tail, seen.found, seen.settled, seen.deviation])
    except (av.error.FFmpegError, ValueError):
        return {"problem": "unreadable"}
    return {}


class _Comparison:
    def __init__(self, source: AudioFile, demuxer: str, bar: Bar) -> None:
        self._source = source
        self._demuxer = demuxer
        self._bar = bar

    def compare(self, segments: list[Segment]) -> Iterator[Seen]:
        """The source is read in order; what two neighbours need is decoded once."""
        originals = self._originals(segments)
        for segment in segments:
            head = next(originals)
            tail = next(originals)
            yield self._look(segment, head, tail)

    def _originals(self, segments: list[Segment]) -> Iterator[Samples]:
        """Of each segment, head and tail."""
        wanted = [
            (edge, anchor)
            for segment in segments
            for edge, anchor in zip(
                segment.edges(self._bar.edge, self._bar.pre_roll),
                (segment.head_anchor, segment.tail_anchor),
                strict=True,
            )
        ]
        held = Stretch(0, np.zeros((0, 0)))
        for at, (edge, anchor) in enumerate(wanted):
            if edge.original < held.place or edge.original + edge.count > held.end:
                end = self._end_of_run([other for other, _ in wanted[at:]])
                held = _covering(self._source, edge.original, end, self._bar.pre_roll, anchor)
            yield held.part(edge.original, edge.count)

    def _end_of_run(self, wanted: list[Edge]) -> int:
        """How far to decode: on through the next edges, where seeking would decode as much."""
        end = wanted[0].original + wanted[0].count
        limit = wanted[0].original + _MAX_STRETCH_EDGES * self._bar.edge
        for edge in wanted[1:]:
            if not wanted[0].original <= edge.original <= end + self._bar.pre_roll:
                break
            if edge.original + edge.count > limit:
                break
            end = max(end, edge.original + edge.count)
        return end

    def _look(self, segment: Segment, head: Samples, tail: Samples) -> Seen:
        seen = Seen()
        try:
            with AudioFile(segment.path, self._demuxer) as file:
                self._look_into(file, segment, head, tail, seen)
        except (av.error.FFmpegError, ValueError):
            return Seen()
        return seen

    def _look_into(self, file: AudioFile, segment: Segment, head: Samples, tail: Samples, seen: Seen) -> None:
        first, last = segment.edges(self._bar.edge, self._bar.pre_roll)
        is_whole = first == last
        found = file.head(None if is_whole else first.count)
        end = found.end
        samples = found.part(first.place, first.count)
        seen.settled, seen.deviation = _distance(samples, head)
        seen.head = self._match(file, first, samples, head, found.place)
        if is_whole:
            seen.tail = seen.head
        else:
            found = _covering(file, last.place, None, self._bar.pre_roll, segment.own_anchor)
            end = found.end
            seen.tail = self._match(file, last, found.part(last.place, last.count), tail, None)
        seen.found = end

    def _match(
        self, file: AudioFile, edge: Edge, samples: Samples, original: Samples, begin: int | None
    ) -> Match:
        """`begin` is the place of the file's first frame, for the edge that begins with it."""
        if _is_alike(samples, original, self._bar.tolerance):
            return Match.SAMPLES
        if self._bar.thorough_pre_roll and self._is_alike_after(
            self._bar.thorough_pre_roll, file, edge, samples, begin
        ):
            return Match.SAMPLES
        first = edge.place - self._bar.pre_roll if begin is None else begin
        return Match.FRAMES if self._has_same_frames(file, edge, first) else Match.NONE

    def _is_alike_after(
        self, pre_roll: int, file: AudioFile, edge: Edge, samples: Samples, begin: int | None
    ) -> bool:
        end = edge.original + edge.count
        thorough = _covering(self._source, edge.original, end, pre_roll).part(edge.original, edge.count)
        if begin is None:
            samples = _covering(file, edge.place, None, pre_roll).part(edge.place, edge.count)
        return _is_alike(samples, thorough, self._bar.tolerance)

    def _has_same_frames(self, file: AudioFile, edge: Edge, begin: int) -> bool:
        """Both decoded by decoders that begin anew, at the same frame."""
        shift = edge.original - edge.place
        found = file.stretch(begin, begin, edge.place + edge.count, anew=True)
        end = edge.original + edge.count
        original = self._source.stretch(found.place + shift, found.place + shift, end, anew=True)
        return original.place == found.place + shift and _is_alike(
            found.part(edge.place, edge.count), original.part(edge.original, edge.count), 0.0
        )


def _covering(
    file: AudioFile, place: int, end: int | None, pre_roll: int, anchor: list[int] | None = None
) -> Stretch:
    """Decodes from well before the place; frames that are longer than the pre-roll need a longer one."""
    if anchor is not None:
        return file.stretch_from(Anchor(*anchor), place, end)
    while True:
        stretch = file.stretch(place - pre_roll, place, end)
        if stretch.place <= place or pre_roll > place:
            return stretch
        pre_roll = 2 * pre_roll + 4096


def _is_alike(one: Samples, other: Samples, tolerance: float) -> bool:
    """Every sample. 0 and -0 sound alike."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if np.array_equal(one, other, equal_nan=one.dtype.kind == "f"):
        return True
    return tolerance > 0 and _distance(one, other)[1] <= tolerance


def _distance(one: Samples, other: Samples) -> tuple[int, float]:
    """After how many samples they are the same, and how far they are apart until then."""
    if one.shape != other.shape or not one.size:
        return 0, 0.0
    scale = 1.0 if one.dtype.kind == "f" else float(2 ** (8 * one.dtype.itemsize - 1))
    off = np.abs(one.astype(np.float64) - other.astype(np.float64)).max(axis=0) / scale
    return (int(np.flatnonzero(off)[-1]) + 1, float(off.max())) if off.any() else (0, 0.0)
