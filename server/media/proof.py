"""Proves copied segments: each opened anew and counted, and compared with the source at its edges."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from server.media.copying.copier import Copier, NotCopyable
from server.media.copying.open_copier import open_copier
from server.media.edge_proof import CopiedSegment, EdgeProof, EdgeSource, prove_edges
from server.media.prober import Prober
from zerokerf.errors import CorruptFile, SegmentDamaged, SegmentOverLimit, VerificationFailed
from zerokerf.formats import Format


class FinishedSegment(CopiedSegment, Protocol):
    @property
    def size_bytes(self) -> int: ...
    @property
    def tag_bytes(self) -> int:
        """How many of them are tags."""
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
    finished = await asyncio.to_thread(_open_all, source.copier, segments, max_bytes)
    return await prove_edges(source, finished, prober, is_full=is_full)


def prove_structure(segment: FinishedSegment, copier: Copier, max_bytes: int | None) -> None:
    """By a copier that has indexed the finished file. Raises VerificationFailed."""
    size_bytes = segment.path.stat().st_size
    if max_bytes is not None and size_bytes > max_bytes:
        raise SegmentOverLimit(segment.index, size_bytes, max_bytes)
    if size_bytes != segment.size_bytes:
        raise SegmentDamaged(segment.index, "its size is not that it was finished with.")
    found, expected = copier.sample_count, segment.sample_count + segment.excess_samples
    if found != expected:
        raise VerificationFailed(segment.index, expected, found)
    integrity = copier.integrity
    if integrity.resyncs or integrity.is_truncated or integrity.expected_samples not in (None, expected):
        raise SegmentDamaged(segment.index, "its frames do not follow each other from its start to its end.")


def open_finished(segment: FinishedSegment, kind: Format) -> Copier:
    """Blocking. Raises VerificationFailed for a file that our own reader takes for none of this format."""
    try:
        return open_copier(kind, segment.path)
    except (CorruptFile, NotCopyable) as error:
        raise SegmentDamaged(segment.index, "it can't be read back.") from error


def _open_all(
    source: Copier, segments: Sequence[FinishedSegment], max_bytes: int | None
) -> list[tuple[FinishedSegment, Copier]]:
    finished = []
    for segment in segments:
        planned = source.size_bytes(segment.first_sample, segment.sample_count) + segment.tag_bytes
        if segment.size_bytes != planned:
            raise SegmentDamaged(segment.index, f"it has {segment.size_bytes} bytes instead of {planned}.")
        copier = open_finished(segment, source.format)
        prove_structure(segment, copier, max_bytes)
        if (copier.sample_rate, copier.channels) != (source.sample_rate, source.channels):
            raise SegmentDamaged(segment.index, "its sample rate or channels are not the source's.")
        finished.append((segment, copier))
    return finished
