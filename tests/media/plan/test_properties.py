"""Whatever is asked of a plan: its cuts rise, cover everything, keep their limits and fit any grid."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from server.media.chapters.read import Chapter
from server.media.facts import MediaLimits
from server.media.plan.cuts import (
    NANOS,
    ChaptersMode,
    CueMode,
    Cut,
    DurationMode,
    PartsMode,
    PlannedMode,
    PlanOptions,
    Reason,
    SilenceMode,
    TimestampsMode,
    plan_cuts,
)
from server.media.silence.levels import Levels
from server.media.silence.pauses import Pauses, pauses_of
from zerokerf.errors import ZerokerfError

LIMITS = MediaLimits(max_segments=500)
RATES = st.sampled_from([8_000, 11_025, 22_050, 44_100, 48_000])
UNHURRIED = settings(deadline=None)  # the machine may be busy
TENTH_NS = NANOS // 10
KINDS = ("duration", "parts", "timestamps", "chapters", "cue", "silence")


@dataclass(frozen=True)
class Case:
    """One whole question."""

    mode: PlannedMode
    options: PlanOptions
    total: int
    rate: int
    pauses: Pauses
    chapters: tuple[Chapter, ...]
    grid: tuple[int, ...]

    def snap(self, sample: int) -> int:
        if not self.grid:
            return sample
        right = bisect_left(self.grid, sample)
        near = self.grid[max(0, right - 1) : right + 1]
        return min(near, key=lambda place: abs(place - sample))

    def plan(self) -> tuple[Cut, ...]:
        return plan_cuts(
            self.mode,
            self.options,
            self.total,
            self.rate,
            LIMITS,
            pauses=self.pauses,
            chapters=self.chapters,
            snap=self.snap,
        )


def heard(total: int, rate: int, seed: int, loud: float) -> Pauses:
    """Sound with pauses at random."""
    rng = np.random.default_rng(seed)
    window = (rate + 50) // 100
    count = -(-total // window)
    stretches = rng.integers(1, 150, size=count)
    is_loud = np.repeat(rng.random(count) < loud, stretches)[:count]
    codes = np.where(is_loud, rng.integers(20, 60, count), rng.integers(100, 140, count)).astype(np.uint8)
    return pauses_of(Levels(sample_rate=rate, sample_count=total, window_samples=window, codes=codes))


@st.composite
def modes(draw: st.DrawFn, length_ns: int, kinds: Sequence[str]) -> PlannedMode:
    kind = draw(st.sampled_from(kinds))
    if kind == "duration":
        return DurationMode(draw(st.integers(TENTH_NS, max(TENTH_NS, length_ns))))
    if kind == "parts":
        return PartsMode(draw(st.integers(1, 40)))
    if kind == "timestamps":
        return TimestampsMode(
            tuple(sorted(draw(st.lists(st.integers(0, length_ns), min_size=1, max_size=20))))
        )
    if kind == "cue":
        frames = sorted(draw(st.sets(st.integers(0, length_ns * 75 // NANOS), min_size=1, max_size=20)))
        return CueMode("\n".join(f"TRACK 01 AUDIO\nTITLE x\nINDEX 01 {cue_time(at)}" for at in frames))
    if kind == "silence":
        shortest = draw(st.integers(0, 5 * NANOS))
        longest = draw(st.none() | st.integers(max(shortest, TENTH_NS), 30 * NANOS))
        return SilenceMode(draw(st.integers(TENTH_NS, NANOS)), shortest, longest)
    return ChaptersMode()


def cue_time(frames: int) -> str:
    return f"{frames // 75 // 60:02}:{frames // 75 % 60:02}:{frames % 75:02}"


@st.composite
def grids(draw: st.DrawFn, total: int) -> tuple[int, ...]:
    step = draw(st.sampled_from([1, 576, 1024, 1152, 4608, 100_000]))
    if step == 1:
        places = draw(st.sets(st.integers(0, total), max_size=200))
    else:
        places = set(range(draw(st.integers(0, step)), total, step))
    return tuple(sorted(places | {0, total}))


@st.composite
def cases(draw: st.DrawFn, kinds: Sequence[str] = KINDS) -> Case:
    rate = draw(RATES)
    total = draw(st.integers(1, 120 * rate))
    length_ns = total * NANOS // rate
    starts = draw(st.lists(st.integers(0, 2 * length_ns + 1), max_size=20))
    return Case(
        mode=draw(modes(length_ns, kinds)),
        options=PlanOptions(
            snap_window_ns=draw(st.none() | st.integers(0, 20 * NANOS)),
            overlap_ns=draw(st.just(0) | st.integers(0, 20 * NANOS)),
            min_tail_ns=draw(st.just(0) | st.integers(0, 20 * NANOS)),
        ),
        total=total,
        rate=rate,
        pauses=heard(total, rate, draw(st.integers(0, 1000)), draw(st.sampled_from([0.0, 0.5, 0.9, 1.0]))),
        chapters=tuple(Chapter(start, start, f"{start}") for start in sorted(starts)),
        grid=draw(grids(total)),
    )


def planned(case: Case) -> tuple[Cut, ...]:
    """Its plan, where it has one: an error of ours is an answer too."""
    try:
        return case.plan()
    except ZerokerfError:
        assume(False)
        raise


@UNHURRIED
@given(cases())
def test_cuts_rise_and_cover_every_sample_once(case: Case) -> None:
    cuts = planned(case)

    assert cuts[0].first_sample == 0
    assert cuts[-1].end_sample == case.total
    assert all(cut.sample_count > 0 for cut in cuts)
    assert all(left.end_sample == right.first_sample for left, right in pairwise(cuts))
    assert [cut.index for cut in cuts] == list(range(len(cuts)))
    assert len(cuts) <= LIMITS.max_segments


@UNHURRIED
@given(cases())
def test_every_place_is_on_the_grid(case: Case) -> None:
    cuts = planned(case)

    assert {cut.first_sample for cut in cuts} | {cut.start_sample for cut in cuts} <= set(case.grid)


@UNHURRIED
@given(cases())
def test_no_segment_is_too_short_to_be_played(case: Case) -> None:
    cuts = planned(case)

    assume(not isinstance(case.mode, SilenceMode) or case.mode.max_length_ns is None)
    least = case.rate // 10
    assert len(cuts) == 1 or all(cut.sample_count >= least for cut in cuts)


@UNHURRIED
@given(cases())
def test_the_last_segment_is_no_short_rest(case: Case) -> None:
    cuts = planned(case)

    assume(not isinstance(case.mode, SilenceMode) or case.mode.max_length_ns is None)
    tail = case.options.min_tail_ns * case.rate
    assert (
        len(cuts) == 1
        or abs(cuts[-1].sample_count * NANOS - tail) < NANOS
        or (cuts[-1].sample_count * NANOS > tail)
    )


@UNHURRIED
@given(cases(kinds=KINDS[:-1]))
def test_snapping_costs_no_segment(case: Case) -> None:
    still = replace(case, options=replace(case.options, snap_window_ns=None), grid=())
    moved = replace(still, options=replace(still.options, snap_window_ns=5 * NANOS))

    assert [cut.title for cut in planned(moved)] == [cut.title for cut in planned(still)]


@UNHURRIED
@given(cases())
def test_overlaps_reach_back_no_further_than_asked_and_than_the_segment_before(case: Case) -> None:
    cuts = planned(case)

    overlap = case.options.overlap_ns * case.rate // NANOS + 1
    assert cuts[0].overlap_samples == 0
    for before, cut in pairwise(cuts):
        step = max(right - left for left, right in pairwise(case.grid))
        assert 0 <= cut.overlap_samples <= overlap + step // 2
        assert cut.start_sample >= before.first_sample


@UNHURRIED
@given(cases())
def test_every_cut_says_why_it_is_there_and_how_far_it_moved(case: Case) -> None:
    cuts = planned(case)

    assert cuts[-1].reason == Reason.END
    assert cuts[-1].shifted_samples == 0
    step = max(right - left for left, right in pairwise(case.grid))
    window = (case.options.snap_window_ns or 0) * case.rate // NANOS + 1
    for cut in cuts[:-1]:
        assert Reason(cut.reason) is not Reason.END
        if not isinstance(case.mode, SilenceMode):
            assert abs(cut.shifted_samples) <= window + step // 2 + 1


@UNHURRIED
@given(cases())
def test_the_same_question_has_the_same_answer(case: Case) -> None:
    assert planned(case) == planned(case)


@UNHURRIED
@given(cases(kinds=["silence"]))
def test_no_piece_is_longer_than_allowed_where_the_grid_lets_it(case: Case) -> None:
    assert isinstance(case.mode, SilenceMode)
    cuts = planned(case)

    most = (case.mode.max_length_ns or case.total * NANOS) * case.rate // NANOS
    for cut in cuts:
        is_reachable = any(cut.first_sample < at <= cut.first_sample + most for at in case.grid)
        assert cut.sample_count <= most or not is_reachable


@UNHURRIED
@given(cases(kinds=["silence"]))
def test_no_piece_between_pauses_is_shorter_than_asked_but_for_the_upper_limit(case: Case) -> None:
    assert isinstance(case.mode, SilenceMode)
    free = replace(case, mode=replace(case.mode, max_length_ns=None))

    cuts = planned(free)

    least = case.mode.min_length_ns * case.rate // NANOS
    assert len(cuts) == 1 or all(cut.sample_count >= least for cut in cuts)
