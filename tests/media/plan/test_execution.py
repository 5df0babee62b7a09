"""What a preview shows is what is made, whatever is asked for."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.media.cutter import Tools
from server.media.decoder import Decoder
from server.media.facts import MediaLimits, SourceFacts
from server.media.plan.cuts import (
    NANOS,
    Cut,
    DurationMode,
    FileSizeMode,
    PartsMode,
    PlannedMode,
    PlanOptions,
    SilenceMode,
    TimestampsMode,
)
from server.media.preview import Preview, preview
from server.media.probing.prober import Prober
from server.media.recipe import Recipe
from server.media.splitting import FinishedSegment, Kept, Opened, split
from zerokerf.errors import ZerokerfError
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

LENGTH_NS = 3_200_000_000  # about that of each source
#: Sources, and what is made of them: copies mostly, which are the cheapest.
WAYS = [
    *[
        ("16bit.wav", None),
        ("24bit.wav", None),
        ("16bit.flac", None),
        ("cbr.mp3", None),
        ("vorbis.ogg", None),
    ],
    *[("16bit.wav", Format.FLAC), ("16bit.flac", Format.WAV), ("float.wav", Format.WAV)],
    *[("16bit.wav", Format.MP3), ("cbr.mp3", Format.OPUS)],
]


@dataclass
class MemorySink:
    """Keeps what a segment is and forgets its file."""

    opened_as: Opened | None = None
    kept: dict[int, FinishedSegment] = field(default_factory=dict)

    async def probed(self, facts: SourceFacts) -> None: ...

    def decoded(self, samples: int, expected_samples: int) -> None: ...

    async def opened(self, opened: Opened) -> Sequence[Kept]:
        self.opened_as = opened
        return []

    def made(self, samples: int) -> None: ...

    async def keep(self, segment: FinishedSegment) -> None:
        assert segment.file.path.stat().st_size == segment.file.size_bytes
        self.kept[segment.cut.index] = segment
        segment.file.path.unlink()

    async def forget(self) -> None:
        self.kept.clear()

    @property
    def cuts(self) -> list[Cut]:
        return [self.kept[index].cut for index in sorted(self.kept)]


def times_ns(least_ns: int, most_ns: int = LENGTH_NS) -> st.SearchStrategy[int]:
    return st.integers(least_ns, most_ns)


def timestamps(times: list[int]) -> TimestampsMode:
    return TimestampsMode(tuple(sorted(times)))


modes: st.SearchStrategy[PlannedMode | FileSizeMode] = st.one_of(
    st.builds(DurationMode, times_ns(200_000_000, LENGTH_NS + NANOS)),
    st.builds(PartsMode, st.integers(1, 40)),
    st.builds(timestamps, st.lists(times_ns(0), min_size=1, max_size=6)),
    st.builds(FileSizeMode, st.integers(1000, 600_000)),
    st.builds(
        SilenceMode,
        times_ns(100_000_000, 600_000_000),
        times_ns(0, NANOS),
        st.none() | times_ns(100_000_000, 2 * NANOS),
    ),
)
options = st.builds(
    PlanOptions,
    snap_window_ns=st.none() | times_ns(0, NANOS),
    overlap_ns=st.just(0) | times_ns(0, 2 * NANOS),
    min_tail_ns=st.just(0) | times_ns(0, 2 * NANOS),
)


@given(way=st.sampled_from(WAYS), mode=modes, options=options)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_a_plan_is_what_is_made(
    prober: Prober,
    decoder: Decoder,
    limits: MediaLimits,
    sources: Path,
    way: tuple[str, Format | None],
    mode: PlannedMode | FileSizeMode,
    options: PlanOptions,
) -> None:
    name, target = way
    recipe = Recipe(mode=mode, options=options, format=target)
    tools = Tools(decoder, prober, limits, 2)

    planned, reason = await planned_of(sources / name, recipe, tools)
    sink, failure = await made_of(sources / name, recipe, tools)

    assert reason == failure
    if planned is not None:
        assert_same(planned, sink)


async def planned_of(source: Path, recipe: Recipe, tools: Tools) -> tuple[Preview | None, str | None]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return await preview(source, recipe, Path(folder), tools, lambda _size_bytes: None), None
        except ZerokerfError as error:
            return None, str(error)


async def made_of(source: Path, recipe: Recipe, tools: Tools) -> tuple[MemorySink, str | None]:
    sink = MemorySink()
    with tempfile.TemporaryDirectory() as folder:
        try:
            await split(source, recipe, Path(folder), tools, sink)
        except ZerokerfError as error:
            return sink, str(error)
    return sink, None


def assert_same(planned: Preview, sink: MemorySink) -> None:
    opened = sink.opened_as
    assert opened is not None
    assert opened.making == planned.making
    assert opened.notes == planned.notes
    assert sink.cuts == [segment.cut for segment in planned.segments]
    assert sum(cut.sample_count for cut in sink.cuts) == planned.making.sample_count
    for segment in planned.segments:
        if segment.is_size_exact:
            assert sink.kept[segment.cut.index].file.size_bytes == segment.expected_bytes
