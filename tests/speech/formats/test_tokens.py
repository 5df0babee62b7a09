"""What recognizers write becomes words, with every mark on its right side."""

# ruff: noqa: RUF001 - other scripts, on purpose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.speech.transcript import UNPRINTABLE, Attachment, Word
from server.speech.transcript_text import joined, text_of
from server.speech.transcript_tokens import Heard, words_of
from tests.speech.formats.spoken import heard, said


def apart(words: list[Word]) -> list[str]:
    """Words and marks as one reads them: `<` leans left, `>` right, `|` both ways, `!` ends a sentence."""
    signs = {Attachment.PREVIOUS: "<", Attachment.NEXT: ">", Attachment.BOTH: "|", Attachment.NONE: " "}
    found: list[str] = []
    for word in words:
        found += [f"{mark.text} {signs[mark.attaches_to]}" for mark in word.before]
        found.append(word.text)
        found += [f"{m.text} {signs[m.attaches_to]}{'!' if m.is_eos else ''}" for m in word.after]
    return found


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        ([" Hello,", " world."], ["Hello", ", <", "world", ". <!"]),
        ([" Really?!"], ["Really", "?! <!"]),
        ([' "Hi,"', " he"], ['" >', "Hi", ", <", '" <', "he"]),
        ([" $", "20", ".", "5", "."], ["$20.5", ". <!"]),
        ([" $20."], ["$20", ". <!"]),
        ([" well", "-known"], ["well-known"]),
        ([" 50", "%"], ["50%"]),
        ([" 3", ":30"], ["3:30"]),
        ([" -5", " 1,000"], ["-5", "1,000"]),
        ([" the", " U.S.", " and"], ["the", "U.S.", "and"]),
        ([" Mr.", " Smith."], ["Mr.", "Smith", ". <!"]),
        ([" So..."], ["So", "... <"]),
        ([" so...I"], ["so", "... |", "I"]),
        ([" Go", " —", " now"], ["Go", "—  ", "now"]),
        ([" I—you"], ["I", "— |", "you"]),
        ([" 'tis", " dogs'", " 'quoted'"], ["'tis", "dogs'", "' >", "quoted", "' <"]),
        ([" word(s)", " (aside)"], ["word(s)", "( >", "aside", ") <"]),
        ([" ¿Qué?"], ["¿ >", "Qué", "? <!"]),
        ([" [", "Music", "]"], ["[ >", "Music", "] <"]),
        ([" Q", " &", " A"], ["Q", "&", "A"]),
        ([" one ", " two"], ["one", "two"]),
        ([" one ", "two"], ["one", "two"]),
        (["Hello", "world"], ["Hello", "world"]),
        ([" word", " ("], ["word", "( <"]),
        ([" 'Hello", " there.'"], ["'Hello", "there", ". <!", "' <"]),
        ([" wait--", " no"], ["wait", "-- <", "no"]),
        ([" New York"], ["New", "York"]),
        ([" ...", " yes"], ["... >", "yes"]),
        ([" é", "\u0301t"], ["é\u0301t"]),
        ([" ..."], []),
        ([" ", "\x00", "\u200b", ""], []),
    ],
    ids="".join,
)
def test_words_and_marks_come_apart(pieces: list[str], found: list[str]) -> None:
    assert apart(said(*pieces)) == found


@pytest.mark.parametrize(
    ("language", "pieces", "found"),
    [
        (
            "zh",
            ["你", "好", "，", "世界。「天", "」"],
            ["你", "好", "， <", "世界", "。 <!", "「 >", "天", "」 <"],
        ),
        ("zh", ["用", "Windows", " Server", "3.", "5"], ["用", "Windows", "Server3.5"]),
        ("zh", ["他说“", "好。”"], ["他说", "“ >", "好", "。 <!", "” <"]),
        ("ja", ["はい", "。"], ["はい", "。 <!"]),
        ("th", ["ส", "\u0e35"], ["ส\u0e35"]),
        ("de", [" „Hallo“,", " z.B."], ["„ >", "Hallo", "“ <", ", <", "z.B."]),
        ("ar", [" نعم؟", " لا،"], ["نعم", "؟ <!", "لا", "، <"]),
        ("el", [" Ναι;"], ["Ναι", "; <!"]),
        ("en", [" yes;"], ["yes", "; <"]),
        ("hi", [" हाँ।"], ["हाँ", "। <!"]),
    ],
)
def test_marks_of_other_scripts_are_known(language: str, pieces: list[str], found: list[str]) -> None:
    assert apart(said(*pieces, language=language)) == found


def test_a_word_of_several_pieces_lasts_as_long_as_they_do() -> None:
    pieces = [Heard(" well", 100, 200, 0.9), Heard("-known.", 200, 450, 0.4)]

    (word,) = words_of(pieces, language="en")

    assert (word.start_ms, word.end_ms, word.confidence) == (100, 450, 0.4)


def test_words_of_one_piece_share_its_time_by_their_lengths() -> None:
    words = words_of(heard([(" so...maybe", 0, 700)]), language="en")

    assert [(word.text, word.start_ms, word.end_ms) for word in words] == [
        ("so", 0, 200),
        ("maybe", 200, 700),
    ]


@pytest.mark.parametrize(("given_", "kept"), [(float("nan"), 0.0), (-1.0, 0.0), (7.0, 1.0), (0.5, 0.5)])
def test_a_confidence_is_brought_into_its_range(given_: float, kept: float) -> None:
    (word,) = words_of([Heard(" yes", 0, 1, given_)], language="en")

    assert word.confidence == kept


@pytest.mark.parametrize(
    "text",
    [
        "Good morning, this is (so to say) the U.S. plan: $20.5!",
        'He said, "Don\'t - not now..." and left—quickly.',
        "¿Qué? ¡No! Mr. Smith's dogs' bowl... 'tis.",
    ],
)
def test_words_joined_again_are_the_text_that_was_heard(text: str) -> None:
    assert joined(said(*(f" {word}" for word in text.split()))) == text


def test_latin_words_in_a_script_without_spaces_stay_apart() -> None:
    assert joined(said("用", "Windows", " Server", "吗", "？", language="zh")) == "用Windows Server吗？"


def test_words_of_two_languages_are_kept_apart() -> None:
    assert joined([*said("你好", language="zh"), *said("我们", language="ja", from_ms=100)]) == "你好 我们"


@settings(deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=()), max_size=20)), st.sampled_from(["en", "zh", "el"])
)
def test_nothing_visible_is_lost(texts: list[str], language: str) -> None:
    words = said(*texts, language=language)

    written = "".join(text_of(word) for word in words)
    if words:
        assert _letters(written) == _letters("".join(texts))


def _letters(text: str) -> str:
    return "".join(char for char in UNPRINTABLE.sub("", text) if char.isalnum() or char in '.,!?"“”()-—…')
