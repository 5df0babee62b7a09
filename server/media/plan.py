"""Where to cut, in samples. Pure, integers only: no float ever decides about a sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from server.media.facts import MediaLimits
from zerokerf.errors import SegmentLongerThanSource, TooManySegments

NANOS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class DurationMode:
    """Equal lengths; the last segment may be shorter."""

    segment_ns: int

    def __post_init__(self) -> None:
        if self.segment_ns <= 0:
            raise ValueError("a segment lasts longer than nothing")


@dataclass(frozen=True, slots=True)
class FileSizeMode:
    """As long as fits into so many bytes, headers included."""

    max_bytes: int

    def __post_init__(self) -> None:
        if self.max_bytes <= 0:
            raise ValueError("a segment is larger than nothing")


class Span(Protocol):
    """A stretch of the source's time line."""

    @property
    def first_sample(self) -> int: ...
    @property
    def sample_count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Cut:
    """One planned segment on the source's time line. `reason` says why it ends where it does."""

    index: int
    first_sample: int
    sample_count: int
    reason: str

    @property
    def end_sample(self) -> int:
        return self.first_sample + self.sample_count


def plan_by_duration(
    total_samples: int, sample_rate: int, mode: DurationMode, limits: MediaLimits
) -> tuple[Cut, ...]:
    """Covers every sample once. Boundary k lies at k times the length, rounded once, so nothing drifts."""
    _refuse_longer_than_source(total_samples, sample_rate, mode)
    count = -(-total_samples * NANOS // (mode.segment_ns * sample_rate))
    if count > limits.max_segments:
        raise TooManySegments(count, limits.max_segments)
    inner = {_sample_at(k * mode.segment_ns, sample_rate) for k in range(1, count + 1)}
    bounds = sorted({0, total_samples} | {at for at in inner if 0 < at < total_samples})
    return cuts_between(bounds, "duration")


def cuts_between(bounds: Sequence[int], reason: str) -> tuple[Cut, ...]:
    """One cut between each two bounds; the last one ends because the source does."""
    last = len(bounds) - 2
    return tuple(
        Cut(index, first, end - first, "end" if index == last else reason)
        for index, (first, end) in enumerate(pairwise(bounds))
    )


def _sample_at(time_ns: int, sample_rate: int) -> int:
    return divide_rounding(time_ns * sample_rate, NANOS)


def _refuse_longer_than_source(total_samples: int, sample_rate: int, mode: DurationMode) -> None:
    if _sample_at(mode.segment_ns, sample_rate) > total_samples:
        raise SegmentLongerThanSource(
            seconds_text(mode.segment_ns), seconds_text(total_samples * NANOS // sample_rate)
        )


def divide_rounding(numerator: int, denominator: int) -> int:
    """To the nearest integer, halves up. For numbers that are not negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def total_ms(sample_count: int, sample_rate: int) -> int:
    return divide_rounding(sample_count * 1000, sample_rate)


def durations_ms(spans: Sequence[Span], sample_rate: int) -> tuple[int, ...]:
    """The length of each; lengths of spans that follow each other add up without a rounding error."""
    return tuple(
        total_ms(span.first_sample + span.sample_count, sample_rate)
        - total_ms(span.first_sample, sample_rate)
        for span in spans
    )


def seconds_text(time_ns: int) -> str:
    """As a person writes it: 10, 10.5, 0.012."""
    seconds, rest = divmod(time_ns, NANOS)
    return f"{seconds}.{rest:09}".rstrip("0").rstrip(".")
