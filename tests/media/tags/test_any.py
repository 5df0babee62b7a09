# mypy: allow-untyped-calls
# mutagen says that it is typed, but few of its functions are.
"""Any text in any field is kept or cleaned, and no segment grows by more than was reserved for it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import mutagen
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.media.chapters.read import Chapter
from server.media.chapters.within import in_order
from server.media.plan.cuts import NANOS, Cut
from server.media.tags.labels import SourceLabels
from server.media.tags.names import Cover, TagPolicy, Tags
from tests.media.corpus import RATE
from tests.media.proof.test_proof import cut, source_of
from tests.media.tags.test_tags import PNG, TAGGABLE
from zerokerf.formats import Format
from zerokerf.template import Template, clean

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

wild = st.one_of(
    st.none(),
    st.text(max_size=400),
    st.text(alphabet="\x00\ufeff\u202e/;\\=日\U0001f3b5\n", max_size=20),
    st.sampled_from(["17", "(17)", "((a", "0000", "2024-13-99T99", "1/0", "x" * 300, "\U0001f3b5" * 400]),
)
texts = st.builds(
    Tags,
    title=wild.map(clean),
    artist=wild.map(clean),
    album=wild.map(clean),
    album_artist=wild.map(clean),
    genre=wild.map(clean),
    date=wild.map(clean),
    track=st.one_of(st.none(), st.integers(0, 9999)),
)
chapters = st.lists(
    st.builds(Chapter, st.integers(0, 4 * NANOS), st.just(0), wild.map(clean)), max_size=30
).map(in_order)
covers = st.one_of(st.none(), st.integers(8, 90_000).map(lambda size: Cover("image/png", (PNG * 2)[:size])))
templates = st.sampled_from([None, Template("{n} {title}"), Template("{title}{artist} {n:09}/{count}")])


def bare_segment(name: str, sources: Path, folder: Path) -> tuple[Format, Path]:
    source = source_of(sources / name)
    (segment,) = cut(source, [10_000, 60_000], folder)
    return source.copier.format, segment.path


def title_of(path: Path, kind: Format) -> str | None:
    opened: Any = mutagen.File(path)
    if kind in (Format.MP3, Format.WAV):
        found = opened.tags.get("TIT2") if opened.tags else None
        return None if found is None else str(found)
    key = "\xa9nam" if kind is Format.M4A else "title"
    titles: list[str | None] = (opened.tags or {}).get(key, [None])
    return titles[0]


@pytest.mark.parametrize("name", TAGGABLE)
def test_no_segment_outgrows_what_was_reserved(name: str, sources: Path, tmp_path: Path) -> None:
    kind, path = bare_segment(name, sources, tmp_path)
    bare = path.read_bytes()

    @FEW
    @given(texts, chapters, covers, templates, st.integers(0, 20_000), st.booleans())
    def hold(
        tags: Tags,
        found: tuple[Chapter, ...],
        cover: Cover | None,
        template: Template | None,
        index: int,
        is_counted: bool,
    ) -> None:
        path.write_bytes(bare)
        policy = TagPolicy.TEMPLATE if template else TagPolicy.COPY
        tags = replace(tags, chapters=found, cover=cover)
        source = SourceLabels(tags=tags, policy=policy, template=template, size_bytes=0)
        early = source.for_segments(kind, None, RATE, 1_000_000)
        labels = source.for_segments(kind, index + 1 if is_counted else None, RATE, 1_000_000)
        piece = Cut(index, 10_000, 50_000, "size")

        added = labels.dress(path, piece)

        assert added <= early.reserve_bytes == labels.reserve_bytes <= 100_000
        assert path.stat().st_size == len(bare) + added
        assert title_of(path, kind) == labels.tags_of(piece).title
        assert (added == 0) == (labels.tags_of(piece) == Tags())

    hold()
