"""Where to cut, in samples. Pure, integers only: no float ever decides about a sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from server.media.chapters.cue import parse_cue
from server.media.chapters.read import Chapter
from server.media.facts import MediaLimits
from server.media.plan.modes import (
    ChaptersMode,
    CueMode,
    DurationMode,
    FileSizeMode,
    PartsMode,
    PlannedMode,
    PlanOptions,
    Reason,
    SilenceMode,
    TimestampsMode,
    needs_pauses,
)
from server.media.plan.placing import into_pauses, join_short
from server.media.plan.regular import bounds_by_duration, bounds_by_parts
from server.media.plan.silence import silence_bounds
from server.media.plan.source import Bound, Source
from server.media.plan.stated import bounds_by_chapters, bounds_by_cue, bounds_by_timestamps
from server.media.plan.time import NANOS, sample_at, seconds_text
from server.media.silence.pauses import Pauses

__all__ = [
    "NANOS",
    "ChaptersMode",
    "CueMode",
    "Cut",
    "DurationMode",
    "FileSizeMode",
    "PartsMode",
    "PlanOptions",
    "PlannedMode",
    "Reason",
    "SilenceMode",
    "TimestampsMode",
    "cuts_between",
    "needs_pauses",
    "plan_cuts",
    "seconds_text",
]

Snap = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Cut:
    """One planned segment on the source's time line. Ranges follow each other without gap or overlap.

    `reason` says why it ends where it does, `shifted_samples` how far from the asked place that is: below 0
    is earlier. Its file begins `overlap_samples` before its range.
    """

    index: int
    first_sample: int
    sample_count: int
    reason: str
    title: str | None = None
    shifted_samples: int = 0
    overlap_samples: int = 0

    @property
    def end_sample(self) -> int:
        return self.first_sample + self.sample_count

    @property
    def start_sample(self) -> int:
        """Of its file."""
        return self.first_sample - self.overlap_samples


def any_sample(sample: int) -> int:
    """The grid of whatever can be cut at every sample."""
    return sample


def plan_cuts(
    mode: PlannedMode,
    options: PlanOptions,
    total_samples: int,
    sample_rate: int,
    limits: MediaLimits,
    *,
    pauses: Pauses | None = None,
    chapters: Sequence[Chapter] = (),
    snap: Snap = any_sample,
) -> tuple[Cut, ...]:
    """Covers every sample once, from 0 to the end. The same arguments always give the same plan.

    `snap` gives the nearest place where the output can be cut; 0 and the end are such places, and it never
    swaps two samples. No segment is shorter than 0.1 s unless the source is, or a silence mode's upper limit
    leaves no choice; cuts that come too close to the one before, or to the end, are left out.
    Raises SegmentLongerThanSource, SegmentsTooShort, TooManySegments (before anything is built),
    InvalidTimestamps, InvalidCueSheet, InvalidSilenceLimits or NoChapters.
    """
    source = Source(total_samples, sample_rate, limits)
    min_tail = sample_at(options.min_tail_ns, sample_rate)
    if isinstance(mode, SilenceMode):
        bounds = silence_bounds(mode, source, _listened(pauses), snap)
        bounds = join_short(bounds, source, min_tail, _most(mode, sample_rate))
    else:
        bounds = join_short(_wanted(mode, source, chapters), source, min_tail)
        if options.snap_window_ns is not None:
            window = sample_at(options.snap_window_ns, sample_rate)
            bounds = into_pauses(bounds, source, _listened(pauses), window, min_tail)
        on_grid = [replace(bound, sample=snap(bound.sample)) for bound in bounds]
        bounds = join_short(on_grid, source, min_tail)
    return _cuts(bounds, total_samples, sample_at(options.overlap_ns, sample_rate), snap)


def _wanted(
    mode: DurationMode | PartsMode | TimestampsMode | ChaptersMode | CueMode,
    source: Source,
    chapters: Sequence[Chapter],
) -> list[Bound]:
    """In order, the first at 0; some may share a place."""
    match mode:
        case DurationMode():
            return bounds_by_duration(mode, source)
        case PartsMode():
            return bounds_by_parts(mode, source)
        case TimestampsMode():
            return bounds_by_timestamps(mode, source)
        case ChaptersMode():
            return bounds_by_chapters(chapters, source)
        case CueMode():
            return bounds_by_cue(parse_cue(mode.sheet), source)


def _listened(pauses: Pauses | None) -> Pauses:
    if pauses is None:
        raise ValueError("this plan needs the pauses of the source")
    return pauses


def _most(mode: SilenceMode, sample_rate: int) -> int | None:
    return None if mode.max_length_ns is None else mode.max_length_ns * sample_rate // NANOS


def _cuts(bounds: Sequence[Bound], total_samples: int, overlap: int, snap: Snap) -> tuple[Cut, ...]:
    firsts = [bound.sample for bound in bounds]
    ends = [*firsts[1:], total_samples]
    enders = [*bounds[1:], Bound(total_samples, total_samples, Reason.END)]
    befores = [0, *firsts]
    return tuple(
        Cut(
            index=index,
            first_sample=bound.sample,
            sample_count=end - bound.sample,
            reason=ender.reason,
            title=bound.title,
            shifted_samples=ender.sample - ender.wanted,
            # never before the segment in front begins, so that overlaps at most double what is written
            overlap_samples=bound.sample - snap(max(before, bound.sample - overlap)),
        )
        for index, (bound, ender, end, before) in enumerate(zip(bounds, enders, ends, befores, strict=False))
    )


def cuts_between(bounds: Sequence[int], reason: str) -> tuple[Cut, ...]:
    """One cut between each two bounds; the last one ends because the source does."""
    last = len(bounds) - 2
    return tuple(
        Cut(index, first, end - first, Reason.END if index == last else reason)
        for index, (first, end) in enumerate(pairwise(bounds))
    )
