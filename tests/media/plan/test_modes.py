"""Each mode cuts where it says, and says why."""

from server.media.chapters.read import Chapter
from server.media.plan.cuts import (
    NANOS,
    ChaptersMode,
    CueMode,
    DurationMode,
    PartsMode,
    PlanOptions,
    SilenceMode,
)
from tests.media.plan.planning import RATE, at_s, plan, starts_s, talk, why


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
