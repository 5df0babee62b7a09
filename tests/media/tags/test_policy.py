"""What segments are called follows from the source, the policy and the limit."""

from dataclasses import replace

import pytest

from server.media.tags.names import Cover, TagPolicy, Tags, segment_tags, tags_within
from zerokerf.template import MAX_TEXT_CHARACTERS, Template

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


def test_a_cover_that_breaks_the_size_limit_goes_first() -> None:
    tags = replace(ALL, cover=COVER)

    def measured(candidate: Tags) -> int:
        cover_bytes = len(candidate.cover.data) if candidate.cover else 0
        return cover_bytes + 1_000 * bool(candidate.artist) + 100

    assert tags_within(tags, 1_000_000, measured) == (tags, ())
    assert tags_within(tags, 100_000, measured)[0] == replace(tags, cover=None)
    assert tags_within(tags, 5_000, measured)[0] == Tags(title=tags.title, track=tags.track)
    left, notes = tags_within(tags, 500, measured)
    assert left == Tags()
    assert [note.split(" were ")[0].split(" was ")[0] for note in notes] == [
        "The cover",
        "All tags but the title",
        "The title",
    ]
