"""Each mode cuts where it says, says why, and refuses what it cannot do with a sentence to act on."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from server.media.chapters import Chapter
from server.media.facts import MediaLimits
from server.media.plan import (
    NANOS,
    ChaptersMode,
    CueMode,
    Cut,
    DurationMode,
    PartsMode,
    PlannedMode,
    PlanOptions,
    SilenceMode,
    TimestampsMode,
    plan_cuts,
)
from server.media.silence_levels import Levels
from server.media.silence_pauses import Pauses, pauses_of
from zerokerf.errors import (
    InvalidCueSheet,
    InvalidSilenceLimits,
    InvalidTimestamps,
    NoChapters,
    SegmentLongerThanSource,
    SegmentsTooShort,
    TooManySegments,
    ZerokerfError,
)

RATE = 44_100
MINUTE = 60 * RATE
PLAIN = PlanOptions()


def plan(
    mode: PlannedMode,
    total: int = MINUTE,
    options: PlanOptions = PLAIN,
    pauses: Pauses | None = None,
    chapters: Sequence[Chapter] = (),
    step: int = 1,
) -> tuple[Cut, ...]:
    def snap(sample: int) -> int:
        nearest = (sample + step // 2) // step * step
        return total if sample == total or nearest > total else nearest

    return plan_cuts(mode, options, total, RATE, MediaLimits(), pauses=pauses, chapters=chapters, snap=snap)


def at_s(*times: float) -> TimestampsMode:
    return TimestampsMode(tuple(round(time_s * NANOS) for time_s in times))


def starts_s(cuts: Sequence[Cut]) -> list[float]:
    return [cut.first_sample / RATE for cut in cuts]


def why(cuts: Sequence[Cut]) -> list[str]:
    return [cut.reason for cut in cuts]


def talk(length_s: float, *pauses_s: tuple[float, float], quiet: int = 120) -> Pauses:
    """Sound of unsteady loudness, with pauses at these times."""
    count = round(length_s * 100)
    codes = np.where(np.arange(count) // 2 % 2, 30, 50).astype(np.uint8)
    for first_s, end_s in pauses_s:
        codes[round(first_s * 100) : round(end_s * 100)] = quiet
    return pauses_of(
        Levels(sample_rate=RATE, sample_count=round(length_s * RATE), window_samples=441, codes=codes)
    )


def test_parts_are_equal_to_the_sample() -> None:
    cuts = plan(PartsMode(7), total=1_000_003)

    assert {cut.sample_count for cut in cuts} == {142_857, 142_858}
    assert why(cuts) == ["part"] * 6 + ["end"]


def test_one_part_is_the_source() -> None:
    assert [cut.sample_count for cut in plan(PartsMode(1), total=3)] == [3]


def test_timestamps_are_where_they_are_said_to_be() -> None:
    cuts = plan(at_s(7.3501, 19.1123))

    assert [cut.first_sample for cut in cuts] == [0, 324_139, 842_852]
    assert why(cuts) == ["timestamp", "timestamp", "end"]


def test_a_timestamp_at_the_start_changes_nothing() -> None:
    assert plan(at_s(0, 20)) == plan(at_s(20))


def test_chapters_give_places_and_titles_and_end_where_the_next_begins() -> None:
    chapters = [
        Chapter(0, 5 * NANOS, "One"),
        Chapter(10 * NANOS, 12 * NANOS, "Two"),
        Chapter(99 * NANOS, 0, "-"),
    ]

    cuts = plan(ChaptersMode(), chapters=chapters)

    assert starts_s(cuts) == [0, 10]
    assert [cut.title for cut in cuts] == ["One", "Two"]
    assert why(cuts) == ["chapter", "end"]


def test_a_short_lead_belongs_to_the_first_chapter_and_a_long_one_is_its_own_segment() -> None:
    short = plan(ChaptersMode(), chapters=[Chapter(2 * NANOS, 0, "One"), Chapter(9 * NANOS, 0, "Two")])
    long = plan(ChaptersMode(), chapters=[Chapter(5 * NANOS, 0, "One"), Chapter(9 * NANOS, 0, "Two")])

    assert [(cut.first_sample, cut.title) for cut in short] == [(0, "One"), (9 * RATE, "Two")]
    assert [(cut.first_sample, cut.title) for cut in long] == [
        (0, None),
        (5 * RATE, "One"),
        (9 * RATE, "Two"),
    ]


def test_chapters_at_the_same_place_are_one_segment_with_the_first_title() -> None:
    named = [Chapter(0, 0, "Part"), Chapter(0, 0, "Chapter"), Chapter(30 * NANOS, 0, "Next")]
    half_named = [Chapter(0, 0, "One"), Chapter(30 * NANOS, 0, None), Chapter(30 * NANOS + 9, 0, "Two")]

    assert [cut.title for cut in plan(ChaptersMode(), chapters=named)] == ["Part", "Next"]
    assert [cut.title for cut in plan(ChaptersMode(), chapters=half_named)] == ["One", "Two"]


def test_chapters_may_come_in_any_order() -> None:
    chapters = [Chapter(30 * NANOS, 0, "Two"), Chapter(0, 0, "One")]

    assert [cut.title for cut in plan(ChaptersMode(), chapters=chapters)] == ["One", "Two"]


def test_cue_times_are_exact_to_the_sample() -> None:
    sheet = 'TRACK 01 AUDIO\nTITLE "One"\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 01 00:33:74'

    cuts = plan(CueMode(sheet))

    assert [cut.first_sample for cut in cuts] == [0, (33 * 75 + 74) * 588]
    assert [cut.title for cut in cuts] == ["One", None]
    assert why(cuts) == ["cue", "end"]


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


def test_a_grid_moves_cuts_and_says_by_how_much() -> None:
    cuts = plan(at_s(10), step=1152)

    assert cuts[1].first_sample == 383 * 1152
    assert cuts[0].shifted_samples == 383 * 1152 - 441_000
    assert cuts[0].reason == "timestamp"


def test_cuts_for_which_the_grid_has_one_place_become_one() -> None:
    cuts = plan(at_s(10, 10.2, 20), step=RATE)

    assert starts_s(cuts) == [0, 10, 20]


def test_a_short_rest_joins_the_segment_before() -> None:
    rest = PlanOptions(min_tail_ns=2 * NANOS)

    assert starts_s(plan(DurationMode(10 * NANOS), total=21 * RATE, options=rest)) == [0, 10]
    assert starts_s(plan(DurationMode(10 * NANOS), total=22 * RATE, options=rest)) == [0, 10, 20]
    assert len(plan(DurationMode(10 * NANOS), total=10 * RATE + RATE // 10 - 1)) == 1


def test_a_short_rest_is_gone_before_its_cut_could_move_away_from_the_end() -> None:
    options = PlanOptions(snap_window_ns=5 * NANOS, min_tail_ns=2 * NANOS)

    cuts = plan(DurationMode(10 * NANOS), total=21 * RATE, options=options, pauses=talk(21, (16, 17)))

    assert len(cuts) == 2


def test_snapping_makes_no_short_rest() -> None:
    options = PlanOptions(snap_window_ns=5 * NANOS, min_tail_ns=8 * NANOS)

    cuts = plan(at_s(50), options=options, pauses=talk(60, (52.5, 54)))

    assert len(cuts) == 2
    assert cuts[1].sample_count >= 8 * RATE


def test_overlap_starts_files_earlier_and_leaves_the_ranges_alone() -> None:
    cuts = plan(DurationMode(20 * NANOS), options=PlanOptions(overlap_ns=NANOS // 2))

    assert starts_s(cuts) == [0, 20, 40]
    assert [cut.start_sample / RATE for cut in cuts] == [0, 19.5, 39.5]


def test_an_overlap_ends_where_the_segment_before_begins() -> None:
    cuts = plan(DurationMode(20 * NANOS), options=PlanOptions(overlap_ns=50 * NANOS))

    assert [cut.start_sample / RATE for cut in cuts] == [0, 0, 20]


def test_a_source_below_the_shortest_segment_is_one() -> None:
    cuts = plan(SilenceMode(NANOS), total=441, pauses=talk(0.01))

    assert [(cut.sample_count, cut.reason) for cut in cuts] == [(441, "end")]


def test_a_plan_that_must_listen_says_so() -> None:
    with pytest.raises(ValueError, match="needs the pauses"):
        plan(SilenceMode(NANOS))
    with pytest.raises(ValueError, match="needs the pauses"):
        plan(PartsMode(2), options=PlanOptions(snap_window_ns=NANOS))


def cue(*times: str) -> CueMode:
    return CueMode("\n".join(f"TRACK {n:02} AUDIO\nINDEX 01 {time}" for n, time in enumerate(times, 1)))


@pytest.mark.parametrize(
    ("mode", "error", "sentence"),
    [
        (DurationMode(61 * NANOS), SegmentLongerThanSource, "61 s is longer"),
        (DurationMode(NANOS // 20), SegmentsTooShort, r"segments of 0.05 s; none may be shorter than 0.1 s"),
        (DurationMode(60_000), TooManySegments, "1000000 segments"),
        (DurationMode(1), TooManySegments, "at most 10000"),
        (PartsMode(1_000_000), TooManySegments, "1000000 segments"),
        (PartsMode(601), SegmentsTooShort, "segments of 0.0998"),
        (TimestampsMode(tuple(range(0, 10**10, 10**4))), TooManySegments, "1000000 segments"),
        (at_s(10, 20, 20), InvalidTimestamps, "20 s does not come after 20 s"),
        (at_s(10, 5.5), InvalidTimestamps, r"5.5 s does not come after 10 s"),
        (at_s(-1), InvalidTimestamps, "before the start"),
        (at_s(10, 10.05), InvalidTimestamps, r"10 s and 10.05 s are less than 0.1 s apart"),
        (at_s(10, 60), InvalidTimestamps, "60 s is not within the source, which lasts 60 s"),
        (cue("00:00:00", "01:00:00"), InvalidCueSheet, "line 4: 01:00:00 is not within .* lasts 60 s"),
        (cue("00:10:00", "00:10:02"), InvalidCueSheet, r"line 4: 00:10:02 is less than 0.1 s after"),
        (cue("00:20:00", "00:10:00"), InvalidCueSheet, "line 4: '00:10:00' is not after 00:20:00"),
        (SilenceMode(NANOS, 10 * NANOS, 9 * NANOS), InvalidSilenceLimits, "at least 10 s and at most 9 s"),
        (ChaptersMode(), NoChapters, "no chapters"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_words(
    mode: PlannedMode, error: type[ZerokerfError], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        plan(mode, pauses=talk(60))


def test_chapters_that_all_lie_behind_the_end_are_none() -> None:
    with pytest.raises(NoChapters):
        plan(ChaptersMode(), chapters=[Chapter(60 * NANOS, 70 * NANOS, "Late")])


def test_more_chapters_than_segments_are_refused() -> None:
    chapters = [Chapter(at, at, None) for at in range(10_001)]

    with pytest.raises(TooManySegments, match="10001"):
        plan(ChaptersMode(), chapters=chapters)


def test_more_pauses_than_segments_are_refused() -> None:
    length_s = 5_100
    pauses = talk(length_s, *((at / 2 + 0.1, at / 2 + 0.3) for at in range(10_100)))

    with pytest.raises(TooManySegments, match=r"101\d\d segments"):
        plan(SilenceMode(NANOS // 10), total=length_s * RATE, pauses=pauses)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PartsMode(0),
        lambda: TimestampsMode(()),
        lambda: SilenceMode(NANOS // 10 - 1),
        lambda: SilenceMode(NANOS, -1),
        lambda: SilenceMode(NANOS, 0, 1),
        lambda: PlanOptions(overlap_ns=-1),
        lambda: PlanOptions(snap_window_ns=-1),
        lambda: PlanOptions(min_tail_ns=-1),
    ],
)
def test_values_that_mean_nothing_cannot_be_made(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"at least|negative"):
        make()
