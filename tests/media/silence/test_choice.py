"""Among pauses the best one is taken: long, near, cut in its middle; else the quietest moment; else none."""

import numpy as np
import pytest

from server.media.plan.cuts import Reason
from server.media.silence.choice import choose_cut
from server.media.silence.levels import Levels
from server.media.silence.pauses import Pauses, pauses_of

RATE = 10_000


def heard(length_s: float, *quiet_s: tuple[float, float], code: int = 120) -> Pauses:
    """Unsteady sound in which these stretches have this loudness."""
    codes = np.where(np.arange(round(length_s * 100)) // 2 % 2, 30, 50).astype(np.uint8)
    for first_s, end_s in quiet_s:
        codes[round(first_s * 100) : round(end_s * 100)] = code
    return pauses_of(
        Levels(sample_rate=RATE, sample_count=round(length_s * RATE), window_samples=100, codes=codes)
    )


def chosen(pauses: Pauses, target_s: float, window_s: float = 5) -> tuple[float, Reason]:
    choice = choose_cut(
        pauses,
        round(target_s * RATE),
        round((target_s - window_s) * RATE),
        round((target_s + window_s) * RATE),
    )
    return choice.sample / RATE, choice.reason


def test_of_equal_pauses_the_nearer_one_is_taken() -> None:
    assert chosen(heard(30, (12, 13), (17, 18)), 15.1) == (17.5, Reason.SILENCE)
    assert chosen(heard(30, (12, 13), (17, 18)), 14.9) == (12.5, Reason.SILENCE)


def test_a_much_longer_pause_is_worth_a_longer_way() -> None:
    assert chosen(heard(30, (14.8, 15.2), (18, 19.5)), 15) == (18.75, Reason.SILENCE)


def test_a_little_longer_pause_is_not() -> None:
    assert chosen(heard(30, (14.8, 15.2), (18, 18.5)), 15) == (15, Reason.SILENCE)


def test_length_counts_up_to_a_second_and_a_half() -> None:
    assert chosen(heard(60, (28, 29.5), (31, 36)), 30) == (28.75, Reason.SILENCE)


def test_pauses_of_equal_worth_are_decided_by_the_way() -> None:
    # 0.3 s at 1.85 s are worth as much as 0.6 s at 3.85 s
    assert chosen(heard(60, (31.7, 32.0), (25.85, 26.45)), 30)[0] == 31.85


def test_closures_of_consonants_are_no_pauses() -> None:
    assert chosen(heard(30, (14.8, 15.0)), 15)[1] is Reason.QUIETEST


@pytest.mark.parametrize(
    ("target_s", "place_s"),
    [(36, 40), (25, 25), (48, 48), (12, 17), (68, 63)],
)
def test_of_a_pause_as_long_as_the_window_what_is_in_reach_is_taken(target_s: float, place_s: float) -> None:
    pauses = heard(100, (15, 65))  # its middle is at 40

    assert chosen(pauses, target_s) == (place_s, Reason.SILENCE)


def test_the_quietest_moment_nearest_to_the_target_is_taken() -> None:
    pauses = heard(30, (11, 11.06), (16, 16.06), (19, 19.06), code=80)

    place_s, reason = chosen(pauses, 15)

    assert reason is Reason.QUIETEST
    assert place_s == pytest.approx(16.03, abs=0.011)


def test_the_quietest_moment_is_quieter_than_nearer_ones() -> None:
    pauses = heard(30, (14, 14.06), code=70)
    pauses.moments[1690:1694] = 100

    assert chosen(pauses, 15)[0] == pytest.approx(16.9, abs=0.011)


def test_where_nothing_stands_out_the_cut_stays() -> None:
    assert chosen(heard(30), 15) == (15, Reason.HARD)


def test_behind_the_last_sound_that_could_be_decoded_the_cut_stays() -> None:
    assert chosen(heard(10), 20) == (20, Reason.HARD)


def test_a_window_of_nothing_keeps_the_cut_where_it_is() -> None:
    assert chosen(heard(30, (10, 12)), 11.5, 0) == (11.5, Reason.SILENCE)
    assert chosen(heard(30, (10, 12)), 15, 0) == (15, Reason.HARD)


def test_moments_are_the_same_wherever_they_lie_in_a_long_recording() -> None:
    pattern = np.random.default_rng(5).integers(0, 256, 1000).astype(np.uint8)
    codes = np.tile(pattern, 1100)  # more than are worked on at once

    moments = pauses_of(
        Levels(sample_rate=RATE, sample_count=len(codes) * 100, window_samples=100, codes=codes)
    ).moments

    assert len(moments) == len(codes)
    inner = moments[1000:-1000].reshape(-1, 1000)
    assert (inner == inner[0]).all()
