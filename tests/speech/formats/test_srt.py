"""SubRip files as the contract prints them, read back by readers that others rely on."""

import re
from io import StringIO

import pytest
import webvtt
from hypothesis import assume, given, settings
from pysubs2 import SSAFile

from server.speech.format_srt import srt_file
from server.speech.transcript import Transcript, Word
from server.speech.transcript_blocks import BlockShape, blocks
from tests.speech.formats.spoken import anything, call, said, transcript

DEFAULT_SHAPE = """\
1
00:00:00,400 --> 00:00:02,950
Good morning, this is the weekly
planning call.

2
00:00:03,900 --> 00:00:04,550
Let's start.

"""

NARROW = """\
1
00:00:00,400 --> 00:00:02,080
Good morning, this
is the weekly

2
00:00:02,080 --> 00:00:02,950
planning call.

3
00:00:03,900 --> 00:00:04,550
Let's start.

"""

BLOCK = re.compile(r"(\d+)\n(\d\d:\d\d:\d\d,\d{3}) --> (\d\d:\d\d:\d\d,\d{3})\n((?:[^\n]+\n)+)\n")


@pytest.mark.parametrize(("shape", "text"), [(BlockShape(), DEFAULT_SHAPE), (BlockShape(20), NARROW)])
def test_the_examples_of_the_contract_come_out_as_printed(shape: BlockShape, text: str) -> None:
    assert srt_file(call(), shape).decode() == text


def test_nothing_said_is_an_empty_file() -> None:
    assert srt_file(transcript([]), BlockShape()) == b""


def test_a_text_with_an_arrow_is_no_line_of_times() -> None:
    content = srt_file(transcript(said(" a-->b")), BlockShape()).decode()

    assert content.count("-->") == 1


def test_times_go_on_after_a_hundred_hours() -> None:
    late_ms = 100 * 3_600_000 + 61_001
    words = [Word("late", late_ms, late_ms + 1, 1.0, "en")]

    content = srt_file(transcript(words, duration_ms=late_ms + 1), BlockShape()).decode()

    assert "100:01:01,001 --> 100:01:01,002\n" in content


@settings(deadline=None)
@given(anything())
def test_another_reader_finds_every_block_at_its_time(made: Transcript) -> None:
    expected = blocks(made, BlockShape())
    # This reader takes any line for one of times that holds two of them.
    assume(not any(line.count("00:00:01,000") > 1 for block in expected for line in block.lines))

    found = SSAFile.from_string(srt_file(made, BlockShape()).decode(), format_="srt")

    assert [(event.start, event.end) for event in found] == [(b.start_ms, b.end_ms) for b in expected]


@settings(deadline=None)
@given(anything())
def test_a_second_reader_finds_every_line(made: Transcript) -> None:
    expected = blocks(made, BlockShape())
    assume(expected)  # it refuses an empty file

    found = webvtt.from_buffer(StringIO(srt_file(made, BlockShape()).decode()), format="srt").captions

    assert [tuple(caption.lines) for caption in found] == [
        tuple(line.replace("-->", "→") for line in block.lines) for block in expected
    ]


@settings(deadline=None)
@given(anything())
def test_a_file_is_blocks_with_rising_numbers_and_nothing_else(made: Transcript) -> None:
    content = srt_file(made, BlockShape()).decode()

    found = list(BLOCK.finditer(content))
    assert "".join(match[0] for match in found) == content
    assert [int(match[1]) for match in found] == list(range(1, len(found) + 1))
    assert content.count("-->") == len(found)
