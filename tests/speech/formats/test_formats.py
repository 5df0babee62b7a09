"""Every format has a media type, and the same transcript is always the same file."""

import pytest

from server.speech.transcript_blocks import BlockShape
from server.speech.transcript_formats import MEDIA_TYPES, TranscriptFormat, transcript_file
from tests.speech.formats.spoken import FACTS, call

BEGINNINGS = {
    TranscriptFormat.JSON: b'{"format":"2.9"',
    TranscriptFormat.TXT: b"Good morning",
    TranscriptFormat.SRT: b"1\n00:00:00,400",
    TranscriptFormat.VTT: b"WEBVTT\n\n1\n00:00:00.400",
}


def test_every_format_has_a_media_type() -> None:
    assert set(MEDIA_TYPES) == set(BEGINNINGS) == set(TranscriptFormat)


@pytest.mark.parametrize("wanted", TranscriptFormat)
def test_the_same_transcript_is_always_the_same_file(wanted: TranscriptFormat) -> None:
    content = transcript_file(wanted, call(), FACTS, BlockShape())

    assert content.startswith(BEGINNINGS[wanted])
    assert transcript_file(wanted, call(), FACTS, BlockShape()) == content
