"""Cuts where a recording pauses, none shorter and none longer than allowed."""

from collections.abc import Callable

from server.media.plan.modes import Reason, SilenceMode
from server.media.plan.source import Bound, Source, start_of_source
from server.media.plan.time import NANOS, sample_at, seconds_text
from server.media.silence.choice import choose_cut
from server.media.silence.pauses import Pauses
from zerokerf.errors import InvalidSilenceLimits

Snap = Callable[[int], int]


def silence_bounds(mode: SilenceMode, source: Source, pauses: Pauses, snap: Snap) -> list[Bound]:
    """All on the grid. A piece is above the longest length only where the grid is coarser than that, and
    below the shortest only by what the grid takes, or where the longest would be broken otherwise."""
    rate = source.sample_rate
    if mode.max_length_ns is not None and mode.max_length_ns < mode.min_length_ns:
        raise InvalidSilenceLimits(seconds_text(mode.min_length_ns), seconds_text(mode.max_length_ns))
    least = max(sample_at(mode.min_length_ns, rate), source.least_samples)
    bounds = _in_pauses(mode, source, pauses, snap, least)
    if mode.max_length_ns is not None:
        most = max(1, mode.max_length_ns * rate // NANOS)
        bounds = _Splitter(source, pauses, snap, min(least, most), most).split(bounds)
    source.refuse_count(len(bounds))
    return bounds


def _in_pauses(mode: SilenceMode, source: Source, pauses: Pauses, snap: Snap, least: int) -> list[Bound]:
    """From left to right; a cut that would leave too short a piece on either side is left out."""
    bounds = [start_of_source()]
    last = source.total_samples - least
    for first, end in pauses.spans():
        is_between_sounds = first > 0 and end < pauses.sample_count
        if not is_between_sounds or (end - first) * NANOS < mode.min_silence_ns * source.sample_rate:
            continue
        middle = (first + end) // 2
        at = snap(middle)
        if bounds[-1].sample + least <= at <= last:
            bounds.append(Bound(at, middle, Reason.SILENCE))
    return bounds


class _Splitter:
    """Cuts pieces that are too long where they are quietest, in the last third of what is allowed."""

    def __init__(self, source: Source, pauses: Pauses, snap: Snap, least: int, most: int) -> None:
        self._source = source
        self._pauses = pauses
        self._snap = snap
        self._least = least
        self._most = most

    def split(self, bounds: list[Bound]) -> list[Bound]:
        ends = [*(bound.sample for bound in bounds[1:]), self._source.total_samples]
        pieces = [-(-(end - bound.sample) // self._most) for bound, end in zip(bounds, ends, strict=True)]
        self._source.refuse_count(sum(pieces))
        done: list[Bound] = []
        for bound, end in zip(bounds, ends, strict=True):
            done += [bound, *self._inside(bound.sample, end)]
            self._source.refuse_count(len(done))
        return done

    def _inside(self, start: int, end: int) -> list[Bound]:
        cuts: list[Bound] = []
        while end - start > self._most:
            bound = self._next(start, end)
            if not start < bound.sample < end:
                break  # the grid has no place left in this piece
            cuts.append(bound)
            start = bound.sample
        return cuts

    def _next(self, start: int, end: int) -> Bound:
        """As late as allowed, yet early enough that the rest is not too short."""
        latest = start + self._most
        if end - self._least >= start + self._least:
            latest = min(latest, end - self._least)
        earliest = min(latest, max(start + self._least, start + 2 * self._most // 3))
        choice = choose_cut(self._pauses, latest, earliest, latest)
        at = self._not_after(choice.sample, start, latest)
        return Bound(at, choice.sample, choice.reason)

    def _not_after(self, wanted: int, start: int, latest: int) -> int:
        """The place on the grid for it that keeps the limit; the next one above where none does."""
        at, step = self._snap(wanted), 1
        while at > latest and wanted - step > start:
            at = self._snap(wanted - step)
            step *= 2
        return at if at > start else self._after(start)

    def _after(self, start: int) -> int:
        at, step = start, 1
        while at <= start and start + step < self._source.total_samples:
            at = self._snap(start + step)
            step *= 2
        return at
