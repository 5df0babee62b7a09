"""What cannot be planned is refused before anything is built, with a sentence to act on."""

from collections.abc import Callable

import pytest

from server.media.chapters.read import Chapter
from server.media.plan.cuts import (
    NANOS,
    ChaptersMode,
    CueMode,
    DurationMode,
    PartsMode,
    PlannedMode,
    PlanOptions,
    SilenceMode,
    TimestampsMode,
)
from tests.media.plan.planning import RATE, at_s, plan, talk
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


def test_a_plan_that_must_listen_says_so() -> None:
    with pytest.raises(ValueError, match="needs the pauses"):
        plan(SilenceMode(NANOS))
    with pytest.raises(ValueError, match="needs the pauses"):
        plan(PartsMode(2), options=PlanOptions(snap_window_ns=NANOS))
