"""Shows where a recording would be cut, and how large the segments would be, without keeping any."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from server.media.cutter import Cutter, Making, Search, Tools
from server.media.encoding.size_search import SizeStart
from server.media.facts import SourceFacts
from server.media.manifest.document import Method
from server.media.open_cutter import open_cutter
from server.media.plan.cuts import Cut
from server.media.planning import Planned, plan_segments, read_recording
from server.media.probing.probe import probe
from server.media.recipe import Recipe
from server.media.splitting import file_of
from server.media.tags.size import most_tag_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedSegment:
    """Nothing is known of a size that is None. One that is not exact is an estimate."""

    cut: Cut
    expected_bytes: int | None
    is_size_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    facts: SourceFacts
    making: Making
    segments: tuple[PreviewedSegment, ...]
    notes: tuple[str, ...]

    @property
    def copies_frames(self) -> bool:
        return self.making.method is Method.COPY


async def preview(
    source: Path, recipe: Recipe, folder: Path, tools: Tools, reserve: Callable[[int], None]
) -> Preview:
    """The same cuts as `split` makes of the same recipe. `reserve` is told how much disk is needed.

    Sizes by search are found by making the segments in `folder`; otherwise nothing is written but what has to
    be decoded or encoded to be measured. Raises what `split` raises before its first segment.
    """
    facts = await probe(source, tools.limits, tools.prober)
    reserve(facts.size_bytes + facts.decoded_bytes)
    recording = await read_recording(source, facts, recipe, folder, tools)
    cutter = await open_cutter(source, facts, recipe, folder, tools, lambda _: None)
    planned = await plan_segments(recording, recipe, cutter, tools)
    if isinstance(planned.places, tuple):
        segments = tuple(_expected(cutter, planned, cut) for cut in planned.places)
    else:
        segments = await _searched(planned.places, planned)
    notes = (*cutter.making.notes, *planned.labels.notes)
    return Preview(facts=facts, making=cutter.making, segments=segments, notes=notes)


async def _searched(search: Search, planned: Planned) -> tuple[PreviewedSegment, ...]:
    found = []
    async with aclosing(search(SizeStart(), planned.labels.dress)) as segments:
        async for made in segments:
            cut = planned.cut_of(made)
            found.append(PreviewedSegment(cut=cut, expected_bytes=made.size_bytes, is_size_exact=True))
            made.path.unlink()
    return tuple(found)


def _expected(cutter: Cutter, planned: Planned, cut: Cut) -> PreviewedSegment:
    file = file_of(cut)
    bare = cutter.expected_size(file)
    if bare is None:
        return PreviewedSegment(cut=cut, expected_bytes=None, is_size_exact=False)
    tag_bytes = most_tag_bytes(cutter.making.format, planned.labels.tags_of(file))
    return PreviewedSegment(
        cut=cut, expected_bytes=bare.size_bytes + tag_bytes, is_size_exact=bare.is_exact and not tag_bytes
    )
