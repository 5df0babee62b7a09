"""Time in whole numbers: nanoseconds, samples, milliseconds, and how each becomes the other."""

from collections.abc import Sequence
from typing import Protocol

NANOS = 1_000_000_000


class Span(Protocol):
    """A stretch of the source's time line."""

    @property
    def first_sample(self) -> int: ...
    @property
    def sample_count(self) -> int: ...


def divide_rounding(numerator: int, denominator: int) -> int:
    """To the nearest integer, halves up. For numbers that are not negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def sample_at(time_ns: int, sample_rate: int) -> int:
    """The sample nearest to a time."""
    return divide_rounding(time_ns * sample_rate, NANOS)


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


def samples_text(sample_count: int, sample_rate: int) -> str:
    """A number of samples as seconds."""
    return seconds_text(sample_count * NANOS // sample_rate)
