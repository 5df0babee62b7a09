"""Plain text: a paragraph, or turns with their labels."""

# ruff: noqa: RUF001 - other scripts, on purpose

from hypothesis import given, settings

from server.speech.format_txt import txt_file
from server.speech.transcript import Transcript
from server.speech.transcript_text import text_of
from tests.speech.formats.spoken import anything, call, said, transcript


def test_one_voice_is_one_paragraph_without_a_label() -> None:
    assert txt_file(call()) == b"Good morning, this is the weekly planning call. Let's start."


def test_nothing_said_is_an_empty_file() -> None:
    assert txt_file(transcript([])) == b""


def test_each_speaker_is_named_when_the_speaker_changes() -> None:
    words = [
        *said(" Good", " morning.", speaker="S1"),
        *said(" Let's", " start.", speaker="S2", from_ms=500),
        *said(" Yes.", speaker="S2", from_ms=900),
        *said(" Who?", from_ms=1_500),
    ]

    assert txt_file(transcript(words)).decode().split("\n") == [
        "SPEAKER: S1",
        "Good morning.",
        "SPEAKER: S2",
        "Let's start. Yes.",
        "SPEAKER: UU",
        "Who?",
    ]


def test_each_channel_has_its_lines() -> None:
    words = [
        *said(" Good", " morning.", channel="channel_1"),
        *said(" Hello.", channel="channel_2", from_ms=500),
    ]

    assert txt_file(transcript(words)).decode() == "channel_1: Good morning.\nchannel_2: Hello."


def test_channels_that_talk_at_once_do_not_tear_sentences_apart() -> None:
    words = [
        *said(" I", " was", " thinking", " so.", channel="channel_1"),
        *said(" Yeah,", " me", " too.", channel="channel_2", from_ms=150),
    ]

    lines = txt_file(transcript(words)).decode().split("\n")

    assert lines == ["channel_1: I was thinking so.", "channel_2: Yeah, me too."]


def test_scripts_without_spaces_are_written_without() -> None:
    words = said("早", "上", "好", "，", "开始", "吧", "。", language="zh")

    assert txt_file(transcript(words, language="zh")).decode() == "早上好，开始吧。"


@settings(deadline=None)
@given(anything())
def test_every_word_is_in_the_text_once(made: Transcript) -> None:
    text = txt_file(made).decode()

    unlabelled = "".join(line for line in text.split("\n") if not line.startswith("SPEAKER: "))
    for word in made.words:
        assert text_of(word) in text
    assert sum(not char.isspace() for char in unlabelled) >= sum(
        not char.isspace() for word in made.words for char in text_of(word)
    )
    assert text == text.rstrip()
