"""Lengths of stretches of a recording, in the milliseconds that people read."""

from collections.abc import Sequence
from typing import Protocol

from server.media.plan_time import total_ms


class Span(Protocol):
    """A stretch of the source's time line."""

    @property
    def first_sample(self) -> int: ...
    @property
    def sample_count(self) -> int: ...


def durations_ms(spans: Sequence[Span], sample_rate: int) -> tuple[int, ...]:
    """The length of each; lengths of spans that follow each other add up without a rounding error."""
    return tuple(
        total_ms(span.first_sample + span.sample_count, sample_rate)
        - total_ms(span.first_sample, sample_rate)
        for span in spans
    )
