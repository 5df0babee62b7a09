"""What segments are called follows from the source, the policy and the limit."""

from dataclasses import replace

import pytest

from server.media.tags import (
    MAX_TEXT_CHARACTERS,
    Cover,
    TagPolicy,
    Tags,
    Template,
    clean,
    segment_tags,
    tags_within,
)
from zerokerf.errors import InvalidParams

COVER = Cover("image/png", bytes(70_000))
ALL = Tags(title="Talk", artist="Some One", album="Far Away", date="2024", track=3, track_count=12)


def test_a_copied_segment_is_a_track_of_the_source() -> None:
    source = Tags(title="Talk", artist="Some One", track=7, track_count=9, cover=COVER)

    assert segment_tags(source, TagPolicy.COPY, 2, 5) == Tags(
        title="Talk", artist="Some One", album="Talk", track=2, track_count=5, cover=COVER
    )
    assert segment_tags(ALL, TagPolicy.COPY, 1, 1).album == "Far Away"
    assert segment_tags(ALL, TagPolicy.COPY, 1, 1, segment_title="Intro\n").title == "Intro"
    assert segment_tags(source, TagPolicy.NONE, 2, 5) == Tags()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("{n:02} {title}", "03 Talk"),
        ("{title}, part {n} of {count}", "Talk, part 3 of 12"),
        ("{n:3}/{count:3}: {segment}", "003/012: Intro"),
        ("{artist}{album}", None),
        ("plain", "plain"),
        ("x" * 1000, "x" * MAX_TEXT_CHARACTERS),
    ],
)
def test_a_template_makes_the_title(text: str, title: str | None) -> None:
    tags = segment_tags(
        Tags(title="Talk"), TagPolicy.TEMPLATE, 3, 12, segment_title="Intro", template=Template(text)
    )

    assert tags.title == title


@pytest.mark.parametrize(
    "text", ["{", "}", "{}", "{n:99999999}", "{title.__class__}", "{0}", "{cover}", "{{n}}"]
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
    ],
)
def test_text_is_one_clean_line(text: str | None, kept: str | None) -> None:
    assert clean(text) == kept


def test_a_cover_that_breaks_the_size_limit_goes_first() -> None:
    tags = replace(ALL, cover=COVER)

    def measured(candidate: Tags) -> int:
        cover_bytes = len(candidate.cover.data) if candidate.cover else 0
        return cover_bytes + 1_000 * bool(candidate.artist) + 100

    assert tags_within(tags, 1_000_000, measured) == (tags, measured(tags))
    assert tags_within(tags, 100_000, measured) == (replace(tags, cover=None), 1_100)
    assert tags_within(tags, 5_000, measured) == (
        Tags(title=tags.title, track=tags.track, track_count=tags.track_count),
        100,
    )
    assert tags_within(tags, 500, measured) == (Tags(), 0)
