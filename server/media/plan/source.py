"""What a plan is about, and the places between its segments."""

from dataclasses import dataclass

from server.media.facts import MediaLimits
from server.media.plan.modes import LEAST_SEGMENT_NS, Reason
from server.media.plan.time import NANOS, samples_text
from zerokerf.errors import TooManySegments


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a segment begins, and the one before ends. `wanted` is where the mode asked for it."""

    sample: int
    wanted: int
    reason: Reason
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What a plan is about."""

    total_samples: int
    sample_rate: int
    limits: MediaLimits

    @property
    def least_samples(self) -> int:
        return max(1, LEAST_SEGMENT_NS * self.sample_rate // NANOS)

    @property
    def length_text(self) -> str:
        return samples_text(self.total_samples, self.sample_rate)

    def is_before_end(self, time_ns: int) -> bool:
        return time_ns * self.sample_rate < self.total_samples * NANOS

    def refuse_count(self, count: int) -> None:
        if count > self.limits.max_segments:
            raise TooManySegments(count, self.limits.max_segments)


def start_of_source(title: str | None = None) -> Bound:
    return Bound(0, 0, Reason.END, title)
