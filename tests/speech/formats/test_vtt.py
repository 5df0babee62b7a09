"""WebVTT files that a strict reader takes, whatever was said."""

import html

import webvtt
from hypothesis import given, settings

from server.speech.format_vtt import vtt_file
from server.speech.transcript import Transcript
from server.speech.transcript_blocks import BlockShape, blocks
from tests.speech.formats.spoken import anything, call, said, transcript

CALL = """\
WEBVTT

1
00:00:00.400 --> 00:00:02.950
Good morning, this is the weekly
planning call.

2
00:00:03.900 --> 00:00:04.550
Let's start.

"""


def read(content: bytes) -> list[tuple[str, str, list[str]]]:
    captions = webvtt.from_string(content.decode(), strict=True).captions
    return [(caption.start, caption.end, caption.lines) for caption in captions]


def test_the_blocks_are_those_of_the_subrip_file() -> None:
    assert vtt_file(call(), BlockShape()).decode() == CALL


def test_nothing_said_is_a_file_without_cues() -> None:
    assert vtt_file(transcript([]), BlockShape()) == b"WEBVTT\n\n"


def test_text_that_means_something_to_a_browser_is_escaped() -> None:
    content = vtt_file(transcript(said(" <b>R&D", " -->", " x")), BlockShape()).decode()

    assert "&lt;b&gt;R&amp;D --&gt; x\n" in content


@settings(deadline=None)
@given(anything())
def test_another_reader_finds_every_cue_with_its_text(made: Transcript) -> None:
    found = read(vtt_file(made, BlockShape()))

    expected = blocks(made, BlockShape())
    assert [(start, end) for start, end, _ in found] == [
        (_time(b.start_ms), _time(b.end_ms)) for b in expected
    ]
    assert [[html.unescape(line) for line in lines] for _, _, lines in found] == [
        list(b.lines) for b in expected
    ]


def _time(time_ms: int) -> str:
    return f"00:{time_ms // 60_000:02}:{time_ms // 1000 % 60:02}.{time_ms % 1000:03}"
