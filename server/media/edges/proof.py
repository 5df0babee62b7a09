"""Proves copied segments at their edges: both decoded, in a limited process, and compared with the source."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from server.media.copying.copier import Copier
from server.media.edges.values import Match
from server.media.encoding.options import DEMUXERS
from server.media.probing.prober import Prober
from zerokerf.errors import SegmentDiffers, SegmentUnproven, VerificationFailed
from zerokerf.formats import Format

_BATCH = 250
_MEMORY_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeBar:
    """What the edges of a format's segments have to be like, and how to see it.

    `edge_ms` of both ends are compared. A decoder that begins early by the first of `pre_rolls_ms` gives the
    same samples as one that plays from the start, but for few files, for which the others are tried.
    `tolerance` is of full scale.
    """

    least: Match
    pre_rolls_ms: tuple[int, ...]
    tolerance: float = 0.0
    edge_ms: int = 150


#: Opus leaves the last bits of its floats to chance; what its speech modes and AAC's noise remember may never
#: fade, and ADTS can't hide that its first frame fades in. There the frames are proven to be the source's.
EDGE_BARS: Mapping[Format, EdgeBar] = {
    Format.WAV: EdgeBar(least=Match.SAMPLES, pre_rolls_ms=(0,)),
    Format.FLAC: EdgeBar(least=Match.SAMPLES, pre_rolls_ms=(0,)),
    Format.MP3: EdgeBar(least=Match.SAMPLES, pre_rolls_ms=(100, 400, 4000)),
    Format.OGG: EdgeBar(least=Match.SAMPLES, pre_rolls_ms=(200,)),
    Format.OPUS: EdgeBar(least=Match.FRAMES, pre_rolls_ms=(640, 3000), tolerance=1e-6, edge_ms=80),
    Format.AAC: EdgeBar(least=Match.FRAMES, pre_rolls_ms=(100,)),
    Format.M4A: EdgeBar(least=Match.FRAMES, pre_rolls_ms=(100,)),
}


class CopiedSegment(Protocol):
    """A finished file that holds a range of the source."""

    @property
    def index(self) -> int: ...
    @property
    def path(self) -> Path: ...
    @property
    def first_sample(self) -> int: ...
    @property
    def sample_count(self) -> int: ...
    @property
    def excess_samples(self) -> int: ...


@runtime_checkable
class Anchored(Protocol):
    """A copier that knows where its frames lie, which spares a reader the way through the file."""

    def anchor(self, sample: int) -> tuple[int, int]:
        """The last frame that starts at or before this sample, or the first of all: its first byte in the
        file, and the sample it starts with, which is below 0 where it is not to be heard."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSource:
    """Where segments were copied from."""

    path: Path
    demuxer: str
    copier: Copier


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeProof:
    """What was seen at one segment's edges, or of all of it.

    `settled_samples` says after how many samples the segment, decoded alone, is the same as the source played
    up to there, and `deviation` how far it is off until then: 1 is full scale. The pre-roll in front and the
    padding at the end are what its headers hide; a decoder without gapless support plays them too.
    """

    index: int
    head: Match
    tail: Match
    settled_samples: int
    deviation: float
    pre_roll_samples: int
    padding_samples: int

    @property
    def is_bit_exact(self) -> bool:
        return self.head is Match.SAMPLES and self.tail is Match.SAMPLES and self.deviation == 0


async def prove_edges(
    source: EdgeSource,
    finished: Sequence[tuple[CopiedSegment, object]],
    prober: Prober,
    *,
    least: Match | None = None,
    is_full: bool = False,
) -> list[EdgeProof]:
    """Of each finished segment, given with what may say where its frames lie, such as a copier.

    Raises VerificationFailed for the first one that is not what its place in the source holds; `least` asks
    for more or less than the format's own bar. `is_full` asks for every sample and not the edges alone; then
    the source is decoded once in full, and each segment too.
    """
    bar = EDGE_BARS[source.copier.format]
    proofs: list[EdgeProof] = []
    for start in range(0, len(finished), _BATCH):
        batch = finished[start : start + _BATCH]
        request = _request(source, batch, bar, is_full=is_full)
        answer = await prober.ask(request, request["wall_s"] + 5)
        seen: list[list[Any]] = answer["parts"]
        if "problem" in answer or len(seen) != len(batch):
            raise SegmentUnproven(batch[min(len(seen), len(batch) - 1)][0].index)
        for (segment, _), each in zip(batch, seen, strict=True):
            proofs.append(_judged(segment, each, bar.least if least is None else least))
    return proofs


def _judged(segment: CopiedSegment, seen: list[Any], least: Match) -> EdgeProof:
    head, tail, found, settled, deviation, pre_roll, padding = seen
    expected = segment.sample_count + segment.excess_samples
    if found not in (-1, expected):
        raise VerificationFailed(segment.index, expected, found)
    if found == -1 or min(head, tail) < least:
        raise SegmentDiffers(segment.index)
    return EdgeProof(
        index=segment.index,
        head=Match(head),
        tail=Match(tail),
        settled_samples=settled,
        deviation=deviation,
        pre_roll_samples=pre_roll,
        padding_samples=padding,
    )


def _request(
    source: EdgeSource, batch: Sequence[tuple[CopiedSegment, object]], bar: EdgeBar, *, is_full: bool
) -> dict[str, Any]:
    rate = source.copier.sample_rate
    wall_s = 120 + len(batch)  # far more than is needed
    if is_full:
        wall_s += sum(segment.sample_count for segment, _ in batch) // rate
    edge = bar.edge_ms * rate // 1000
    pre_rolls = [length_ms * rate // 1000 for length_ms in bar.pre_rolls_ms]
    return {
        "path": str(source.path.absolute()),
        "demuxer": source.demuxer,
        "segment_demuxer": DEMUXERS[source.copier.format],
        "anchors": [] if is_full else _anchors_of_source(source.copier, batch, pre_rolls, edge),
        "segments": list(_segments(batch, pre_rolls, edge)),
        "is_full": is_full,
        "bar": {
            "edge": edge,
            "pre_rolls": pre_rolls,
            "tolerance": bar.tolerance,
        },
        "wall_s": wall_s,
        "cpu_s": wall_s,
        "memory_bytes": _MEMORY_BYTES,
    }


def _segments(
    batch: Sequence[tuple[CopiedSegment, object]], pre_rolls: Sequence[int], edge: int
) -> Iterator[dict[str, Any]]:
    for segment, copier in batch:
        tail = segment.sample_count - edge
        yield {
            "path": str(segment.path.absolute()),
            "first_sample": segment.first_sample,
            "sample_count": segment.sample_count,
            "anchors": _anchors(copier, [tail - pre_roll for pre_roll in (*pre_rolls, tail)]),
        }


def _anchors_of_source(
    source: Copier, batch: Sequence[tuple[CopiedSegment, object]], pre_rolls: Sequence[int], edge: int
) -> list[tuple[int, int]]:
    """Of each segment: before its start and before its tail, and its start itself."""
    places = []
    for segment, _ in batch:
        tail = segment.first_sample + segment.sample_count - edge
        places += [place - pre_roll for place in (segment.first_sample, tail) for pre_roll in pre_rolls]
        places.append(segment.first_sample)
    return _anchors(source, places)


def _anchors(copier: object, samples: Sequence[int]) -> list[tuple[int, int]]:
    """By their places."""
    if not isinstance(copier, Anchored):
        return []
    return sorted({copier.anchor(sample) for sample in samples if sample >= 0})
