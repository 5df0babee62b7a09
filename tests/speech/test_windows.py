"""Where recordings are cut: found on made-up listenings, so that every rule has a recording of its own."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.speech.listening import FRAME_SAMPLES, FRAMES_PER_S, Listening
from server.speech.pauses import Run, speech_runs
from server.speech.recognizer import SAMPLE_RATE, WINDOW_MAX_S
from server.speech.windows import Window, plan_windows

_FRAME_S = FRAME_SAMPLES / SAMPLE_RATE


def listening(*turns: tuple[float, float]) -> Listening:
    """Turns of (seconds of speech, seconds of pause)."""
    frames = [(round(spoken * FRAMES_PER_S), round(paused * FRAMES_PER_S)) for spoken, paused in turns]
    speech = np.concatenate([[255] * spoken + [0] * paused for spoken, paused in [*frames, (0, 0)]])
    return Listening(len(speech) * FRAME_SAMPLES, speech.astype(np.uint8), np.full(len(speech), 60, np.uint8))


def seconds(windows: list[Window]) -> list[list[float]]:
    return [[w.first_sample / SAMPLE_RATE, w.end_sample / SAMPLE_RATE] for w in windows]


def near(*windows: tuple[float, float]) -> list[object]:
    """To a few frames."""
    return [pytest.approx(window, abs=4 * _FRAME_S) for window in windows]


def test_no_sound_and_silence_have_no_windows() -> None:
    nothing = Listening(0, np.zeros(0, np.uint8), np.zeros(0, np.uint8))

    assert plan_windows(nothing) == []
    assert plan_windows(listening((0, 3600))) == []


def test_a_short_recording_is_one_window() -> None:
    assert seconds(plan_windows(listening((5, 0)))) == near((0.0, 5.0))


def test_silence_at_both_ends_is_left_out_but_for_a_margin() -> None:
    assert seconds(plan_windows(listening((0, 10), (5, 10)))) == near((9.6, 15.4))


def test_a_long_silence_is_not_recognized() -> None:
    assert seconds(plan_windows(listening((5, 6), (5, 0)))) == near((0.0, 5.4), (10.6, 16.0))


def test_pauses_within_reach_stay_in_one_window() -> None:
    assert seconds(plan_windows(listening((5, 2), (5, 2), (5, 0)))) == near((0.0, 19.0))


def test_a_cut_lies_in_the_middle_of_a_short_pause() -> None:
    assert seconds(plan_windows(listening((20, 0.6), (20, 0)))) == near((0.0, 20.3), (20.3, 40.6))


def test_a_long_pause_is_a_better_place_than_a_short_one_later() -> None:
    windows = seconds(plan_windows(listening((18, 1), (8, 0.2), (15, 0))))

    assert windows[:1] == near((0.0, 18.4))


def test_a_well_filled_window_is_better_than_a_short_one() -> None:
    windows = seconds(plan_windows(listening((3, 1), (22, 0.3), (15, 0))))

    assert windows[:1] == near((0.0, 26.1))


def test_speech_without_a_pause_is_cut_at_its_quietest_moment() -> None:
    speech = listening((40, 0))
    speech.quiet[round(21 * FRAMES_PER_S) : round(21 * FRAMES_PER_S) + 3] = 90

    windows = seconds(plan_windows(speech))

    assert windows == near((0.0, 21.0), (21.0, 40.0))


def test_a_word_is_not_cut_at_a_gap_of_a_frame_or_two() -> None:
    assert len(speech_runs(listening((1, 2 * _FRAME_S), (1, 0)))) == 1
    assert len(speech_runs(listening((1, 3 * _FRAME_S), (1, 0)))) == 2


def test_a_click_is_no_speech() -> None:
    assert speech_runs(listening((0, 1), (_FRAME_S, 1))) == []


def test_doubt_changes_nothing() -> None:
    in_doubt = np.array([0, 100, 100, 255, 255, 100, 100, 100, 100, 255, 0, 100, 100, 0], np.uint8)

    assert speech_runs(Listening(14 * FRAME_SAMPLES, in_doubt, in_doubt)) == [Run(3, 10)]


turns = st.tuples(st.floats(0, 90), st.floats(0, 12))


@given(st.lists(turns, max_size=30), st.integers(0, FRAME_SAMPLES - 1))
def test_every_plan_holds_all_speech_once_in_windows_the_model_can_hear(
    spoken: list[tuple[float, float]], missing_samples: int
) -> None:
    whole = listening(*spoken)
    sample_count = max(0, whole.sample_count - missing_samples)
    windows = plan_windows(Listening(sample_count, whole.speech, whole.quiet))

    assert all(0 < w.end_sample - w.first_sample <= WINDOW_MAX_S * SAMPLE_RATE for w in windows)
    assert all(a.end_sample <= b.first_sample for a, b in pairwise(windows))
    assert not windows or (windows[0].first_sample >= 0 and windows[-1].end_sample <= sample_count)
    is_planned = np.zeros(whole.sample_count, np.bool_)
    for window in windows:
        is_planned[window.first_sample : window.end_sample] = True
    for run in speech_runs(whole):
        assert is_planned[run.first * FRAME_SAMPLES : min(run.end * FRAME_SAMPLES, sample_count)].all()
