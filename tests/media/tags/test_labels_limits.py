"""What segments are called keeps within the limits of their size, and of their sum."""

from server.media.plan.cuts import Cut
from server.media.tags.names import Cover, TagPolicy, Tags
from tests.media.corpus import RATE
from tests.media.tags.test_labels import labels_of
from zerokerf.formats import Format
from zerokerf.template import Template


def test_a_cover_in_every_segment_may_not_outgrow_the_source() -> None:
    tags = Tags(title="T", cover=Cover("image/png", bytes(1_000_000)))

    assert labels_of(tags, Format.MP3, count=60).tags == tags
    refused = labels_of(tags, Format.MP3, count=70)
    assert refused.tags == Tags(title="T")
    assert "cover" in refused.notes[0]


def test_a_cover_may_take_a_tenth_of_the_limit() -> None:
    tags = Tags(title="T", cover=Cover("image/png", bytes(90_000)))

    assert labels_of(tags, Format.MP3, max_bytes=1_000_000).tags == tags
    refused = labels_of(tags, Format.MP3, max_bytes=800_000)
    assert (refused.tags, refused.notes) == (
        Tags(title="T"),
        ("The cover was left out: at most a tenth of the size limit is used for tags.",),
    )
    assert refused.reserve_bytes < 500


def test_a_limit_with_no_room_for_a_title_gets_none() -> None:
    template = Template("x" * 300)
    labels = labels_of(Tags(title="T" * 300), Format.OPUS, TagPolicy.TEMPLATE, template, max_bytes=3_000)

    assert labels.reserve_bytes == 0
    assert labels.tags_of(Cut(0, 0, RATE, "size")) == Tags()
