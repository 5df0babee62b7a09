"""Cue sheets are read to the frame, and refused with the line and the value that is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.chapters.cue import CueTrack, parse_cue
from zerokerf.errors import InvalidCueSheet

SHEET = """REM GENRE Talk
PERFORMER "Somebody"
TITLE "The album"
FILE "talk.wav" WAVE
  TRACK 01 AUDIO
    TITLE "First ""part\""
    PERFORMER "One"
    FLAGS DCP
    INDEX 00 00:00:00
    INDEX 01 00:02:00
  TRACK 02 AUDIO
    TITLE Bare words
    PREGAP 00:02:00
    INDEX 01 03:25:74
    INDEX 02 04:00:00
  TRACK 03 AUDIO
    INDEX 01 123:00:00
"""


def test_a_sheet_gives_starts_and_titles() -> None:
    tracks = parse_cue(SHEET)

    assert [(track.start_frames, track.title) for track in tracks] == [
        (150, 'First ""part"'),
        ((3 * 60 + 25) * 75 + 74, "Bare words"),
        (123 * 60 * 75, None),
    ]
    assert [track.line for track in tracks] == [10, 14, 17]
    assert [track.start_text for track in tracks] == ["00:02:00", "03:25:74", "123:00:00"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_case_tabs_and_a_byte_order_mark_do_not_matter(end: str) -> None:
    sheet = "\ufeff" + end.join(["file x wave", "\ttrack\t1\taudio", "", "index 01 00:01:00", "\0"])

    assert parse_cue(sheet) == (CueTrack(75, None, 4),)


def test_titles_hold_only_what_prints() -> None:
    (track,) = parse_cue('TRACK 1 AUDIO\nTITLE "a\x1b[31m\u202eb   c' + "x" * 1000 + '"\nINDEX 01 00:00:00')

    assert track.title is not None
    assert track.title.startswith("a [31mb cx")
    assert len(track.title) <= 300


ONE = "TRACK 01 AUDIO\nINDEX 01 00:10:00\n"


@pytest.mark.parametrize(
    ("sheet", "line", "sentence"),
    [
        ("", 1, "ends without a TRACK"),
        ("FILE x WAVE\nREM nothing\n", 3, "ends without a TRACK"),
        (
            ONE + "TRACK 02 AUDIO\nINDEX 01 00:10:00",
            4,
            "'00:10:00' is not after 00:10:00 of the track before",
        ),
        (ONE + "TRACK 02 AUDIO\nINDEX 01 00:09:74", 4, "'00:09:74' is not after 00:10:00"),
        (ONE + "TRACK 02 AUDIO\nTITLE x", 3, "no INDEX 01"),
        (ONE + "INDEX 01 00:20:00", 3, "'00:20:00' is a second INDEX 01"),
        (ONE + "FILE a WAVE\nFILE b WAVE", 4, "a second FILE begins"),
        (ONE + "INDEKS 01 00:20:00", 3, "'INDEKS' is no command"),
        ("INDEX 01 00:20:00", 1, "'INDEX 01 00:20:00' stands before the first TRACK"),
        ("TRACK one AUDIO", 1, "'one' is no track number"),
        ("TRACK 01 MODE1/2352", 1, "'MODE1/2352' is no kind of audio"),
        ("TRACK 01 AUDIO\nINDEX x 00:00:00", 2, "'x' is no index number"),
        ("TRACK 01 AUDIO\nINDEX 01 00:60:00", 2, "'00:60:00' is no time; seconds end at 59"),
        ("TRACK 01 AUDIO\nINDEX 01 00:00:75", 2, "'00:00:75' is no time"),
        ("TRACK 01 AUDIO\nINDEX 01 1:2:3", 2, "'1:2:3' is no time; write minutes"),
        ("TRACK 01 AUDIO\nINDEX 01 -1:00:00", 2, "'-1:00:00' is no time"),
        ("TRACK 01 AUDIO\nINDEX 01 0000000:00:00", 2, "is no time"),
        ("TRACK 01 AUDIO\nINDEX 01 ٠٠:٠٠:٠٠", 2, "is no time"),  # noqa: RUF001  # digits, but not ours
        ("TRACK 01 AUDIO\nINDEX 01 " + "9" * 100_000, 2, "'9{60}…' is no time"),
        ("x" * 1_000_001, 1, "longer than 1000000 characters"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(sheet: str, line: int, sentence: str) -> None:
    with pytest.raises(InvalidCueSheet, match=f"see line {line}: .*{sentence}") as refused:
        parse_cue(sheet)

    assert refused.value.facts["line"] == str(line)
    assert len(refused.value.sentence) < 300


def test_more_tracks_than_any_sheet_has_are_refused() -> None:
    sheet = "".join(f"TRACK 1 AUDIO\nINDEX 1 {at // 60}:{at % 60:02}:00\n" for at in range(10_001))

    with pytest.raises(InvalidCueSheet, match="more than 10000 tracks"):
        parse_cue(sheet)


LINES = st.sampled_from(
    ["TRACK 01 AUDIO", "INDEX 01 00:01:00", "INDEX 01 00:02:00", "TITLE x", "FILE x", "REM"]
)


@given(st.lists(LINES | st.text(max_size=20), max_size=30))
def test_any_text_is_read_or_refused(lines: list[str]) -> None:
    try:
        tracks = parse_cue("\n".join(lines))
    except InvalidCueSheet:
        return

    starts = [track.start_frames for track in tracks]
    assert starts == sorted(set(starts))
    assert starts
