"""Proves copied segments: each opened anew and counted, and compared with the source at its edges."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from server.media.copying.copier import Copier, NotCopyable
from server.media.copying.open_copier import open_copier
from server.media.edges.proof import CopiedSegment, EdgeProof, EdgeSource, prove_edges
from server.media.probing.prober import Prober
from zerokerf.errors import CorruptFile, SegmentDamaged, SegmentOverLimit, VerificationFailed


class FinishedSegment(CopiedSegment, Protocol):
    @property
    def size_bytes(self) -> int: ...
    @property
    def tag_bytes(self) -> int:
        """How many of them are tags."""
        ...


@runtime_checkable
class Recognising(Protocol):
    """A copier that knows where every frame of its segments should be, which spares searching them."""

    def recognise(self, first_sample: int, sample_count: int, path: Path) -> object:
        """What says where frames of the file lie, if it can be said. Raises CorruptFile or NotCopyable unless
        the file is made of the frames of this segment, and every one is whole by its own checksums."""
        ...


async def prove_copies(
    source: EdgeSource,
    segments: Sequence[FinishedSegment],
    prober: Prober,
    *,
    max_bytes: int | None = None,
    is_full: bool = False,
) -> list[EdgeProof]:
    """Structure and edges of each, or all its samples.

    Raises VerificationFailed for the first one that is not what it has to be. Several at once cost less than
    one by one: neighbours share what is decoded of the source.
    """
    finished = await asyncio.to_thread(_prove_structures, source.copier, segments, max_bytes)
    return await prove_edges(source, finished, prober, is_full=is_full)


def prove_structure(source: Copier, segment: FinishedSegment, max_bytes: int | None) -> object:
    """Reads the finished file. What may say where its frames lie. Raises VerificationFailed."""
    _check_size(source, segment, max_bytes)
    try:
        if isinstance(source, Recognising):
            return source.recognise(segment.first_sample, segment.sample_count, segment.path)
        copier = open_copier(source.format, segment.path)
    except (CorruptFile, NotCopyable) as error:
        raise SegmentDamaged(segment.index, "it can't be read back.") from error
    _check_index(source, segment, copier)
    return copier


def _check_size(source: Copier, segment: FinishedSegment, max_bytes: int | None) -> None:
    planned = source.size_bytes(segment.first_sample, segment.sample_count) + segment.tag_bytes
    if segment.size_bytes != planned:
        raise SegmentDamaged(segment.index, f"it has {segment.size_bytes} bytes instead of {planned}.")
    size_bytes = segment.path.stat().st_size
    if max_bytes is not None and size_bytes > max_bytes:
        raise SegmentOverLimit(segment.index, size_bytes, max_bytes)
    if size_bytes != segment.size_bytes:
        raise SegmentDamaged(segment.index, "its size is not that it was finished with.")


def _check_index(source: Copier, segment: FinishedSegment, copier: Copier) -> None:
    found, expected = copier.sample_count, segment.sample_count + segment.excess_samples
    if found != expected:
        raise VerificationFailed(segment.index, expected, found)
    integrity = copier.integrity
    if integrity.resyncs or integrity.is_truncated or integrity.expected_samples not in (None, expected):
        raise SegmentDamaged(segment.index, "its frames do not follow each other from its start to its end.")
    if (copier.sample_rate, copier.channels) != (source.sample_rate, source.channels):
        raise SegmentDamaged(segment.index, "its sample rate or channels are not the source's.")


def _prove_structures(
    source: Copier, segments: Sequence[FinishedSegment], max_bytes: int | None
) -> list[tuple[FinishedSegment, object]]:
    return [(segment, prove_structure(source, segment, max_bytes)) for segment in segments]
