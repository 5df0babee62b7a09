"""Cuts go into pauses when asked to, and pieces between pauses keep their limits."""

from server.media.chapters.read import Chapter
from server.media.plan.cuts import (
    NANOS,
    ChaptersMode,
    DurationMode,
    PartsMode,
    PlanOptions,
    SilenceMode,
)
from tests.media.plan.planning import RATE, at_s, plan, starts_s, talk, why


def test_silence_cuts_in_the_middle_of_each_long_enough_pause() -> None:
    pauses = talk(60, (0, 1), (9.5, 10.5), (20, 20.4), (39, 41), (59, 60))

    cuts = plan(SilenceMode(NANOS), pauses=pauses)

    assert starts_s(cuts) == [0, 10, 40]
    assert why(cuts) == ["silence", "silence", "end"]


def test_pieces_between_pauses_that_are_too_short_join() -> None:
    pauses = talk(60, (4, 6), (9, 11), (29, 31), (54, 56))

    cuts = plan(SilenceMode(NANOS, min_length_ns=8 * NANOS), pauses=pauses)

    assert starts_s(cuts) == [0, 10, 30]


def test_pieces_between_pauses_that_are_too_long_are_cut_where_they_are_quietest() -> None:
    pauses = talk(60, (9, 11), (27, 27.5))

    cuts = plan(SilenceMode(NANOS, max_length_ns=20 * NANOS), pauses=pauses)

    assert starts_s(cuts)[:3] == [0, 10, 27.25]
    assert why(cuts)[:2] == ["silence", "silence"]
    assert max(cut.sample_count for cut in cuts) <= 20 * RATE


def test_the_upper_limit_of_pieces_holds_on_a_coarse_grid() -> None:
    cuts = plan(SilenceMode(NANOS, max_length_ns=NANOS), pauses=talk(60), step=1024)

    assert max(cut.sample_count for cut in cuts) <= RATE
    assert all(cut.first_sample % 1024 == 0 for cut in cuts)


def test_a_grid_that_is_coarser_than_the_upper_limit_is_used_as_well_as_it_goes() -> None:
    cuts = plan(SilenceMode(NANOS, max_length_ns=NANOS), pauses=talk(60), step=3 * RATE)

    assert {cut.sample_count for cut in cuts} == {3 * RATE}


def test_splitting_a_long_piece_leaves_no_short_rest() -> None:
    cuts = plan(SilenceMode(NANOS, 5 * NANOS, 20 * NANOS), total=42 * RATE, pauses=talk(42))

    assert min(cut.sample_count for cut in cuts) >= 5 * RATE
    assert max(cut.sample_count for cut in cuts) <= 20 * RATE


def test_the_upper_limit_is_stronger_than_the_lower_one() -> None:
    cuts = plan(SilenceMode(NANOS, 9 * NANOS, 10 * NANOS), total=12 * RATE, pauses=talk(12))

    assert [cut.sample_count for cut in cuts] == [10 * RATE, 2 * RATE]


def test_snapping_moves_cuts_into_pauses_and_says_by_how_much() -> None:
    pauses = talk(60, (18, 19), (41, 42))

    cuts = plan(DurationMode(20 * NANOS), options=PlanOptions(snap_window_ns=5 * NANOS), pauses=pauses)

    assert starts_s(cuts) == [0, 18.5, 41.5]
    assert why(cuts) == ["silence", "silence", "end"]
    assert [cut.shifted_samples for cut in cuts] == [-3 * RATE // 2, 3 * RATE // 2, 0]


def test_without_a_pause_in_reach_the_quietest_moment_is_taken() -> None:
    pauses = talk(60, (18, 18.06), quiet=80)

    cuts = plan(PartsMode(3), options=PlanOptions(snap_window_ns=5 * NANOS), pauses=pauses)

    assert why(cuts) == ["quietest", "hard", "end"]
    assert abs(cuts[1].first_sample - 18.03 * RATE) < RATE // 50
    assert cuts[1].end_sample == 40 * RATE


def test_a_pause_out_of_the_window_is_left_alone() -> None:
    pauses = talk(60, (14, 14.9))

    cuts = plan(at_s(20), options=PlanOptions(snap_window_ns=5 * NANOS), pauses=pauses)

    assert (cuts[0].reason, cuts[0].end_sample) == ("hard", 20 * RATE)


def test_titles_stay_with_the_segments_that_moved() -> None:
    chapters = [Chapter(0, 0, "One"), Chapter(20 * NANOS, 0, "Two")]

    cuts = plan(
        ChaptersMode(),
        options=PlanOptions(snap_window_ns=NANOS),
        pauses=talk(60, (20.2, 21)),
        chapters=chapters,
    )

    assert [(cut.title, cut.first_sample / RATE) for cut in cuts] == [("One", 0), ("Two", 20.6)]


def test_a_short_rest_is_gone_before_its_cut_could_move_away_from_the_end() -> None:
    options = PlanOptions(snap_window_ns=5 * NANOS, min_tail_ns=2 * NANOS)

    cuts = plan(DurationMode(10 * NANOS), total=21 * RATE, options=options, pauses=talk(21, (16, 17)))

    assert len(cuts) == 2


def test_snapping_makes_no_short_rest() -> None:
    options = PlanOptions(snap_window_ns=5 * NANOS, min_tail_ns=8 * NANOS)

    cuts = plan(at_s(50), options=options, pauses=talk(60, (52.5, 54)))

    assert len(cuts) == 2
    assert cuts[1].sample_count >= 8 * RATE
