"""Cuts at regular distances: by a length, or into so many parts."""

from server.media.plan.modes import LEAST_SEGMENT_NS, DurationMode, PartsMode, Reason
from server.media.plan.source import Bound, Source, start_of_source
from server.media.plan.time import NANOS, divide_rounding, sample_at, seconds_text
from zerokerf.errors import SegmentLongerThanSource, SegmentsTooShort


def bounds_by_duration(mode: DurationMode, source: Source) -> list[Bound]:
    """Boundary k lies at k times the length, rounded once, so nothing drifts."""
    if sample_at(mode.segment_ns, source.sample_rate) > source.total_samples:
        raise SegmentLongerThanSource(seconds_text(mode.segment_ns), source.length_text)
    count = -(-source.total_samples * NANOS // (mode.segment_ns * source.sample_rate))
    source.refuse_count(count)
    places = (sample_at(k * mode.segment_ns, source.sample_rate) for k in range(1, count))
    within = [at for at in places if 0 < at < source.total_samples]
    if within and mode.segment_ns < LEAST_SEGMENT_NS:
        raise SegmentsTooShort(seconds_text(mode.segment_ns), seconds_text(LEAST_SEGMENT_NS))
    return [start_of_source(), *(Bound(at, at, Reason.DURATION) for at in within)]


def bounds_by_parts(mode: PartsMode, source: Source) -> list[Bound]:
    source.refuse_count(mode.count)
    total, count = source.total_samples, mode.count
    if count > 1 and total < count * source.least_samples:
        length_s = seconds_text(total * NANOS // (count * source.sample_rate))
        raise SegmentsTooShort(length_s, seconds_text(LEAST_SEGMENT_NS))
    places = (divide_rounding(k * total, count) for k in range(1, count))
    return [start_of_source(), *(Bound(at, at, Reason.PART) for at in places)]
