"""Compares the edges of finished segments with the same ranges of their source, decoding both.

Runs in the limited process that opens strangers' files.
"""

from collections.abc import Callable, Iterator
from dataclasses import astuple
from typing import Any

import av
import numpy as np

from server.media.edges.alike import distance, is_alike
from server.media.edges.decode import Anchor, AudioFile
from server.media.edges.flow import compare_whole
from server.media.edges.stretch import Samples, Stretch
from server.media.edges.values import Bar, Edge, Match, Seen, Segment

_MAX_STRETCH_EDGES = 40  # of the source, held at once


def compare_edges(request: dict[str, Any], tell: Callable[[list[Any]], None]) -> dict[str, Any]:
    """Tells of every segment, in order. The answer holds a problem of the source or nothing."""
    segments = [Segment(**each) for each in request["segments"]]
    try:
        with AudioFile(request["path"], request["demuxer"], _anchors(request["anchors"])) as source:
            source.head(1)
            bar, demuxer = Bar(**request["bar"]), request["segment_demuxer"]
            if request["is_full"]:
                found = compare_whole(source, demuxer, segments, bar)
            else:
                found = _Comparison(source, demuxer, bar).compare(segments)
            for seen in found:
                tell(list(astuple(seen)))
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
        wanted = [edge for segment in segments for edge in segment.edges(self._bar.edge, self._bar.pre_roll)]
        held = Stretch(0, np.zeros((0, 0)))
        for at, edge in enumerate(wanted):
            if edge.original < held.place or edge.original + edge.count > held.end:
                end = self._end_of_run(wanted[at:])
                held = _covering(self._source, edge.original, end, self._bar.pre_roll)
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
            with AudioFile(segment.path, self._demuxer, _anchors(segment.anchors)) as file:
                self._look_into(file, segment, head, tail, seen)
        except (av.error.FFmpegError, ValueError):
            return Seen()
        return seen

    def _look_into(self, file: AudioFile, segment: Segment, head: Samples, tail: Samples, seen: Seen) -> None:
        first, last = segment.edges(self._bar.edge, self._bar.pre_roll)
        is_whole = first == last
        found = file.head(None if is_whole else first.count)
        end, padding, seen.pre_roll = found.end, file.dropped, -found.place
        samples = found.part(first.place, first.count)
        seen.settled, seen.deviation = distance(samples, head)
        seen.head = self._match(file, first, samples, head, found.place)
        if is_whole:
            seen.tail = seen.head
        else:
            found = _covering(file, last.place, None, self._bar.pre_roll)
            end, padding = found.end, file.dropped
            seen.tail = self._match(file, last, found.part(last.place, last.count), tail, None)
        seen.found, seen.padding = end, padding

    def _match(
        self, file: AudioFile, edge: Edge, samples: Samples, original: Samples, begin: int | None
    ) -> Match:
        """`begin` is the place of the file's first frame, for the edge that begins with it."""
        if is_alike(samples, original, self._bar.tolerance):
            return Match.SAMPLES
        for pre_roll in self._bar.pre_rolls[1:]:
            if self._is_alike_after(pre_roll, file, edge, samples, begin):
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
        return is_alike(samples, thorough, self._bar.tolerance)

    def _has_same_frames(self, file: AudioFile, edge: Edge, begin: int) -> bool:
        """Both decoded by decoders that begin anew, at the same frame."""
        shift = edge.original - edge.place
        found = file.stretch(begin, begin, edge.place + edge.count, anew=True)
        end = edge.original + edge.count
        original = self._source.stretch(found.place + shift, found.place + shift, end, anew=True)
        return original.place == found.place + shift and is_alike(
            found.part(edge.place, edge.count), original.part(edge.original, edge.count), 0.0
        )


def _covering(file: AudioFile, place: int, end: int | None, pre_roll: int) -> Stretch:
    """Decodes from well before the place; frames that are longer than the pre-roll need a longer one."""
    while True:
        stretch = file.stretch(place - pre_roll, place, end)
        if stretch.place <= place or pre_roll > place:
            return stretch
        pre_roll = 2 * pre_roll + 4096


def _anchors(pairs: list[list[int]]) -> list[Anchor]:
    return [Anchor(*pair) for pair in pairs]
