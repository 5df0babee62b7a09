"""A transcript keeps its rules, whatever a recognizer gives."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.speech.transcript import Mark, Transcript, Word
from server.speech.transcript_normal import normalised
from tests.speech.formats.spoken import call

WORD = Word("word", 100, 200, 0.5, "en")
UNHURRIED = settings(deadline=None)  # the machine may be busy
TIMES_MS = st.integers(-100, 1_100)


@pytest.mark.parametrize("text", ["", " ", "a b", "a\n", "\x00", "a\x1f", "\ud800", "\ufeffa", "a\u202eb"])
def test_a_text_that_no_file_can_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a text is empty"):
        replace(WORD, text=text)
    with pytest.raises(ValueError, match="a text is empty"):
        Mark(text)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_outside_its_range_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        replace(WORD, confidence=confidence)


@pytest.mark.parametrize(
    "words",
    [
        [replace(WORD, start_ms=-1)],
        [replace(WORD, end_ms=99)],
        [replace(WORD, end_ms=1_001)],
        [WORD, replace(WORD, start_ms=199)],
        [replace(WORD, channel="left"), replace(WORD, start_ms=99, channel="right")],
    ],
    ids=["before the audio", "ends before its start", "after the audio", "overlaps", "out of order"],
)
def test_times_that_break_the_rules_are_refused(words: list[Word]) -> None:
    with pytest.raises(ValueError, match="a word"):
        Transcript(tuple(words), "en", 1_000)


def test_audio_shorter_than_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter than nothing"):
        Transcript((), "en", -1)


def test_channels_may_speak_at_once() -> None:
    left, right = replace(WORD, channel="left"), replace(WORD, channel="right")

    assert Transcript((left, right), "en", 1_000).words == (left, right)


def test_good_times_stay_as_they_are() -> None:
    made = call()

    assert [(word.start_ms, word.end_ms) for word in made.words[:2]] == [(400, 660), (660, 1100)]
    assert normalised(made.words, language="en", duration_ms=5_000) == made


def test_a_word_that_reaches_into_the_next_one_is_cut_short() -> None:
    words = [replace(WORD, end_ms=400), replace(WORD, start_ms=300, end_ms=500)]

    made = normalised(words, language="en", duration_ms=1_000)

    assert [(word.start_ms, word.end_ms) for word in made.words] == [(100, 300), (300, 500)]


def test_a_word_behind_the_end_is_brought_back() -> None:
    made = normalised([replace(WORD, start_ms=2_000, end_ms=2_100)], language="en", duration_ms=1_000)

    assert [(word.start_ms, word.end_ms) for word in made.words] == [(1_000, 1_000)]


@UNHURRIED
@given(st.lists(st.tuples(TIMES_MS, TIMES_MS, st.sampled_from([None, "left", "right"]))))
def test_every_word_is_kept_in_the_order_of_its_channel(times: list[tuple[int, int, str | None]]) -> None:
    words = [Word(f"w{i}", start, end, 1.0, "en", channel=of) for i, (start, end, of) in enumerate(times)]

    made = normalised(words, language="en", duration_ms=1_000)

    for channel in (None, "left", "right"):
        kept = [word.text for word in made.words if word.channel == channel]
        assert kept == [word.text for word in words if word.channel == channel]
    assert normalised(made.words, language="en", duration_ms=1_000) == made
