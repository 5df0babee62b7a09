"""Rounded seconds: parts add up to their whole, and are never further off than the last digit."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from zerokerf.durations import milliseconds, seconds, segment_ms

counts = st.lists(st.integers(1, 10**9), min_size=1, max_size=50)
rates = st.sampled_from([8000, 11025, 22050, 44100, 48000, 96000, 192000])


@given(counts, rates)
def test_segments_add_up_to_their_source(sample_counts: list[int], rate: int) -> None:
    starts = [sum(sample_counts[:index]) for index in range(len(sample_counts))]

    parts = [segment_ms(start, count, rate) for start, count in zip(starts, sample_counts, strict=True)]

    assert sum(parts) == milliseconds(sum(sample_counts), rate)


@given(st.integers(0, 10**12), rates)
def test_a_position_is_rounded_to_the_nearest_millisecond(samples: int, rate: int) -> None:
    assert abs(milliseconds(samples, rate) - Fraction(1000 * samples, rate)) <= Fraction(1, 2)


def test_whole_seconds_have_no_decimal_point() -> None:
    assert [repr(seconds(ms)) for ms in (0, 600_000, 1, 183_500, 12_345)] == [
        "0",
        "600",
        "0.001",
        "183.5",
        "12.345",
    ]
