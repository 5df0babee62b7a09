"""Words that sound like others are written as their author wants them."""

import pytest

from server.speech.transcript import Mark, Transcript
from server.speech.transcript_tokens import Heard, words_of
from server.speech.vocabulary import Expected, hint_of, respelled


def said(text: str) -> Transcript:
    pieces = [
        Heard(f" {word}", at * 100, at * 100 + 90, 0.5 + at / 100) for at, word in enumerate(text.split())
    ]
    return Transcript(tuple(words_of(pieces, language="en")), "en", 10_000)


def written(transcript: Transcript) -> str:
    return " ".join(word.text + "".join(mark.text for mark in word.after) for word in transcript.words)


@pytest.mark.parametrize(
    ("text", "expected", "result"),
    [
        ("We use zero curve.", Expected("Zerokerf", ("zero curve",)), "We use Zerokerf."),
        ("Zero Curve cuts", Expected("Zerokerf", ("zero curve",)), "Zerokerf cuts"),
        ("a nocky", Expected("gnocchi", ("nyohki", "nocky")), "a gnocchi"),
        ("zero, curve", Expected("Zerokerf", ("zero curve",)), "zero, curve"),
        ("see you", Expected("C U", ("see you",)), "C U"),
        ("nothing alike", Expected("Zerokerf", ("zero curve",)), "nothing alike"),
        ("no hint", Expected("hint"), "no hint"),
    ],
)
def test_what_sounds_like_it_is_written_like_it(text: str, expected: Expected, result: str) -> None:
    assert written(respelled(said(text), [expected])) == result


def test_the_longest_run_wins() -> None:
    vocabulary = [Expected("Z", ("zero",)), Expected("Zerokerf", ("zero curve",))]

    assert written(respelled(said("zero curve zero"), vocabulary)) == "Zerokerf Z"


def test_the_new_words_take_the_time_and_the_marks_of_the_old() -> None:
    (word,) = respelled(said("zero curve!"), [Expected("Zerokerf", ("zero curve",))]).words

    assert (word.start_ms, word.end_ms, word.confidence) == (0, 190, 0.5)
    assert word.after == (Mark("!", is_eos=True),)


def test_a_hint_names_the_words_one_by_one() -> None:
    assert hint_of(("Zerokerf", "S3")) == "Zerokerf, S3"
    assert hint_of(()) == ""
