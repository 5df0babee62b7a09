"""Plans by length cover everything once, do not drift, and their lengths add up to the printed digit."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.media.facts import MediaLimits
from server.media.plan.cuts import NANOS, Cut, DurationMode, FileSizeMode, PlanOptions, plan_cuts
from zerokerf.durations import milliseconds, segment_ms
from zerokerf.errors import SegmentLongerThanSource, TooManySegments

LIMITS = MediaLimits()
RATES = st.sampled_from([8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000, 384_000])


@st.composite
def plannable(draw: st.DrawFn) -> tuple[int, int, int]:
    """Samples, rate and a length that makes no more segments than allowed."""
    rate = draw(RATES)
    total = draw(st.integers(1, 40 * 3600 * rate))
    parts = draw(st.integers(1, 9_000))
    segment_ns = total * NANOS // (rate * parts) - draw(st.integers(0, 1000))
    least_ns = min(NANOS // 10, max(1, total * NANOS // rate))
    return total, rate, max(segment_ns, least_ns, -(-total * NANOS // (rate * 10_000)))


def by_length(total: int, rate: int, segment_ns: int) -> tuple[Cut, ...]:
    return plan_cuts(DurationMode(segment_ns), PlanOptions(), total, rate, LIMITS)


@settings(deadline=None)  # the machine may be busy
@given(plannable())
def test_cuts_cover_every_sample_exactly_once(case: tuple[int, int, int]) -> None:
    total, rate, segment_ns = case

    cuts = by_length(total, rate, segment_ns)

    assert cuts[0].first_sample == 0
    assert cuts[-1].end_sample == total
    assert all(cut.sample_count > 0 for cut in cuts)
    assert all(left.end_sample == right.first_sample for left, right in pairwise(cuts))
    assert [cut.index for cut in cuts] == list(range(len(cuts)))


@settings(deadline=None)  # the machine may be busy
@given(plannable())
def test_no_boundary_is_further_than_half_a_sample_from_its_time(case: tuple[int, int, int]) -> None:
    total, rate, segment_ns = case

    cuts = by_length(total, rate, segment_ns)

    for cut in cuts[1:]:
        nearest = round(cut.first_sample * NANOS / (segment_ns * rate))
        assert abs(cut.first_sample * NANOS - nearest * segment_ns * rate) * 2 <= NANOS


@settings(deadline=None)  # the machine may be busy
@given(plannable())
def test_durations_add_up_to_the_printed_digit(case: tuple[int, int, int]) -> None:
    total, rate, segment_ns = case

    cuts = by_length(total, rate, segment_ns)

    lengths_ms = [segment_ms(cut.first_sample, cut.sample_count, rate) for cut in cuts]
    assert sum(lengths_ms) == milliseconds(total, rate)


def test_an_exact_multiple_makes_no_ghost() -> None:
    cuts = by_length(60 * 44_100, 44_100, 10 * NANOS)

    assert [cut.sample_count for cut in cuts] == [441_000] * 6
    assert [cut.reason for cut in cuts] == ["duration"] * 5 + ["end"]


def test_a_length_that_no_sample_grid_has_does_not_drift() -> None:
    cuts = by_length(3001 * 44_100, 44_100, 333_333_444)

    assert cuts[9000].first_sample == round(Fraction(9000 * 333_333_444 * 44_100, NANOS))
    assert cuts[9000].first_sample != 9000 * cuts[0].sample_count


def test_as_much_more_as_a_segment_may_have_makes_one_more_segment() -> None:
    assert len(by_length(441_000 + 4_410, 44_100, 10 * NANOS)) == 2


def test_a_segment_as_long_as_the_source_is_the_source() -> None:
    assert len(by_length(441_000, 44_100, 10 * NANOS)) == 1


def test_a_segment_longer_than_the_source_is_refused() -> None:
    with pytest.raises(SegmentLongerThanSource, match=r"10 s is longer .* lasts 9.999977324 s"):
        by_length(440_999, 44_100, 10 * NANOS)


def test_more_segments_than_allowed_are_refused_with_their_number() -> None:
    with pytest.raises(TooManySegments, match="10001 segments"):
        by_length(10_001 * 44_100, 44_100, NANOS)


def test_a_length_below_one_sample_is_refused_and_not_planned() -> None:
    with pytest.raises(TooManySegments):
        by_length(44_100, 44_100, 1)


@pytest.mark.parametrize("make", [DurationMode, FileSizeMode])
@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_is_no_length_and_no_size(make: type[DurationMode], amount: int) -> None:
    with pytest.raises(ValueError, match="than nothing"):
        make(amount)
