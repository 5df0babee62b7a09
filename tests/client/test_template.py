"""Names of segments are what was asked for, and never more than a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zerokerf.errors import InvalidParams
from zerokerf.template import MAX_NAME_BYTES, MAX_TEXT_CHARACTERS, Fields, Template, clean

ALL = Fields(number=3, count=12, title="Talk", artist="Some One", album="Far", date="2024", segment="Intro")
RESERVED = ["CON", "nul.txt", "com1", "LPT¹.x", "Aux .b", "conin$"]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{n:02} {title}", "03 Talk"),
        ("{index:03}: {segment}, part {n} of {count}", "002: Intro, part 3 of 12"),
        ("{artist} - {album} ({date})", "Some One - Far (2024)"),
        ("plain", "plain"),
        ("x" * 1000, "x" * MAX_TEXT_CHARACTERS),
        ("", None),
    ],
)
def test_a_template_is_filled_with_what_is_known(text: str, filled: str | None) -> None:
    assert Template(text).filled(ALL) == filled


def test_what_is_unknown_is_left_out() -> None:
    assert Template("{title} {n}/{count} {segment}").filled(Fields(number=1)) == "1/"
    assert Template("{title}").filled(Fields(number=1)) is None


def test_a_field_in_a_text_is_text() -> None:
    assert Template("{title}").filled(Fields(number=1, title="{n}{artist}")) == "{n}{artist}"


@pytest.mark.parametrize(
    "text", ["{", "}", "{}", "{n:99999999}", "{title.__class__}", "{0}", "{cover}", "{{n}}", "{count:x}"]
)
def test_a_template_with_anything_else_in_braces_is_refused(text: str) -> None:
    with pytest.raises(InvalidParams):
        Template(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (None, None),
        ("", None),
        (" \x00\n ", None),
        ("a\x00b\r\nc", "a b c"),
        ("\ud800x", "x"),
        ("e\u0301 \u2028 ok", "e\u0301 ok"),
        ("y" * 400, "y" * MAX_TEXT_CHARACTERS),
        ("y" * 10_000_000, "y" * MAX_TEXT_CHARACTERS),
        ("gnp\u202e3pm.exe\u202c\u200f", "gnp3pm.exe"),
        ("\u06cc\u200c\u0645", "\u06cc\u200c\u0645"),
    ],
)
def test_text_is_one_clean_line(text: str | None, kept: str | None) -> None:
    assert clean(text) == kept


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Talk", "Talk.mp3"),
        ("AC/DC: live?", "AC_DC_ live_.mp3"),
        ("../../etc/passwd", "_.._etc_passwd.mp3"),
        ("..", "segment.mp3"),
        (". . .", "segment.mp3"),
        (None, "segment.mp3"),
        ("a\x00b", "a b.mp3"),
        (".hidden. ", "hidden.mp3"),
        ("NUL", "_NUL.mp3"),
        ("日" * 300, "日" * 65 + ".mp3"),
        ("e\u0301", "é.mp3"),
    ],
)
def test_a_file_name_is_only_a_name(title: str | None, name: str) -> None:
    assert Template("{title}").file_name(Fields(number=1, title=title), "mp3") == name


def test_a_long_text_leaves_room_for_the_numbers() -> None:
    template = Template("{title}, {artist} {n:03}")
    names = {
        template.file_name(Fields(number=number, title="日" * 300, artist="a" * 300), "mp3")
        for number in (1, 2)
    }

    assert len(names) == 2
    assert all(190 < len(name.encode()) <= MAX_NAME_BYTES for name in names)


@given(st.one_of(st.text(), st.sampled_from(RESERVED), st.text(alphabet="./\\ :~\x00日")), st.text())
def test_no_text_makes_a_file_name_that_is_not_safe(title: str, segment: str) -> None:
    fields = Fields(number=1, title=title, segment=segment)
    name = Template("{title}{segment}").file_name(fields, "flac")
    stem = name.removesuffix(".flac")

    assert name.endswith(".flac")
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert stem
    assert stem == stem.strip(" .")
    assert not set(name) & set('/\\:*?"<>|\x00\n\r\u202e')
    assert stem.split(".")[0].strip().upper() not in {"CON", "NUL", "COM1", "LPT¹", "AUX", "CONIN$"}
