"""Which words are shown together, and when."""

# ruff: noqa: RUF001 - other scripts, on purpose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.speech.transcript import Transcript, Word
from server.speech.transcript_blocks import Block, BlockShape, blocks
from server.speech.transcript_text import text_of
from tests.speech.formats.spoken import anything, said, transcript

SHAPES = st.builds(BlockShape, st.integers(1, 60), st.integers(1, 4))


def lines(words: list[Word], shape: BlockShape | None = None, language: str = "en") -> list[tuple[str, ...]]:
    made = transcript(words, language=language, duration_ms=60_000)
    return [block.lines for block in blocks(made, shape or BlockShape())]


def test_a_sentence_ends_its_block() -> None:
    assert lines(said(" One.", " Two", ' "three?"', " Four")) == [("One.",), ('Two "three?"',), ("Four",)]


def test_a_comma_ends_nothing() -> None:
    assert lines(said(" One,", " two...", " three")) == [("One, two... three",)]


@pytest.mark.parametrize(("pause_ms", "count"), [(1_999, 1), (2_000, 2)])
def test_a_pause_of_two_seconds_ends_a_block(pause_ms: int, count: int) -> None:
    words = [*said(" one"), *said(" two", from_ms=100 + pause_ms)]

    assert len(lines(words)) == count


def test_another_speaker_or_channel_begins_a_block() -> None:
    words = [*said(" one", speaker="S1"), *said(" two", speaker="S2", from_ms=100)]
    channels = [*said(" one", channel="channel_1"), *said(" two", channel="channel_2", from_ms=100)]

    assert lines(words) == lines(channels) == [("one",), ("two",)]


def test_a_line_may_be_filled_to_its_last_character() -> None:
    words = said(" abc", " def", " ghi", " jkl", " m")

    assert lines(words, BlockShape(7, 2)) == [("abc def", "ghi jkl"), ("m",)]
    assert lines(words, BlockShape(6, 2)) == [("abc", "def"), ("ghi", "jkl m")]


def test_a_word_longer_than_the_line_stands_alone_on_its_own() -> None:
    words = said(" a", " incomprehensibilities,", " b")

    assert lines(words, BlockShape(10, 3)) == [("a", "incomprehensibilities,", "b")]


def test_scripts_without_spaces_are_wrapped_by_characters() -> None:
    words = said("我们", "今天", "讨论", "计划", "，", language="zh")
    long_one = said("我们今天讨论计划", language="zh")

    assert lines(words, BlockShape(4, 2), "zh") == [("我们今天", "讨论"), ("计划，",)]
    assert lines(long_one, BlockShape(3, 2), "zh") == [("我们今", "天讨论"), ("计划",)]


def test_a_block_ends_where_the_next_one_starts() -> None:
    words = [
        *said(" one", channel="channel_1"),
        *said(" two", channel="channel_2", from_ms=50),
    ]

    assert blocks(transcript(words), BlockShape()) == [Block(0, 50, ("one",)), Block(50, 150, ("two",))]


def test_a_word_without_length_is_shown_for_a_millisecond() -> None:
    words = [Word("end", 5_000, 5_000, 1.0, "en"), Word("of", 5_000, 5_000, 1.0, "en")]

    shown = blocks(transcript(words), BlockShape(3, 1))

    assert shown == [Block(4_998, 4_999, ("end",)), Block(4_999, 5_000, ("of",))]


@pytest.mark.parametrize(("length", "count"), [(0, 2), (37, 0), (-1, -1)])
def test_a_shape_that_holds_nothing_is_refused(length: int, count: int) -> None:
    with pytest.raises(ValueError, match="at least one line"):
        BlockShape(length, count)


@settings(deadline=None)
@given(anything(), SHAPES)
def test_blocks_follow_each_other_inside_the_audio_and_keep_their_shape(
    made: Transcript, shape: BlockShape
) -> None:
    shown = blocks(made, shape)

    clock_ms = 0
    for block in shown:
        assert clock_ms <= block.start_ms < block.end_ms
        assert 1 <= len(block.lines) <= shape.max_lines
        assert all(line.strip() and "\n" not in line for line in block.lines)
        clock_ms = block.end_ms
    assert clock_ms <= made.duration_ms
    longest = max((len(text_of(word)) for word in made.words), default=0)
    assert all(len(line) <= max(shape.max_line_length, longest) for block in shown for line in block.lines)


@settings(deadline=None)
@given(anything(), SHAPES)
def test_every_word_is_shown_once_and_in_order(made: Transcript, shape: BlockShape) -> None:
    shown = "".join("".join(block.lines) for block in blocks(made, shape))
    written = "".join(text_of(word) for word in made.words)

    if made.duration_ms > len(written):  # else there may be more blocks than milliseconds
        assert "".join(shown.split()) == "".join(written.split())
