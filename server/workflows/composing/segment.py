"""One segment, made by the store and proven by what of it is read back."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from server.media.copying.opened import created
from server.media.copying.stretch import Stretch
from server.media.copying.wav_cut import WavCopier
from server.media.cutter import Proven
from server.media.manifest.document import Composition as Composed
from server.media.manifest.document import Level, Likeness, SegmentProof
from server.media.plan.cuts import Cut
from server.media.proof import prove_structure
from server.media.segment import CutSegment, Dress
from server.workflows.composing.source import Hollow, begins_with, read_range
from storage.compose import LEAST_PART_BYTES, Composition, StoredRange
from storage.interface import ObjectInfo, ObjectStore
from zerokerf.errors import SegmentDiffers

#: Of shorter segments more would be sent than is saved.
LEAST_BYTES = 32 << 20
#: Read back at each end of what the store has copied.
COMPARED_BYTES = 1 << 18

Compose = Callable[[str, Composition], Awaitable[ObjectInfo]]


@dataclass(frozen=True, slots=True)
class _Layout:
    """What comes before and after the samples, tags included."""

    head: bytes
    tail: bytes
    tag_bytes: int


async def compose_segment(
    cut: Cut,
    copier: WavCopier,
    source: Hollow,
    compose: Compose,
    store: ObjectStore,
    key: str,
    dress: Dress,
    max_bytes: int | None,
) -> Proven:
    """The cut is the file's range, with what overlaps. Raises CannotCompose, VerificationFailed."""
    stretch = copier.stretch(cut.first_sample, cut.sample_count)
    path = source.path.with_name(f"{cut.index:06}.composed.wav")
    try:
        layout = await asyncio.to_thread(_lay_out, path, stretch, dress, cut)
        composition, compared = await _composition(stretch, layout, source)
        info = await compose(key, composition)
        segment = _segment_of(cut, path, info.size, layout.tag_bytes)
        await _prove(segment, stretch, composition, compared, store, info, source)
        await asyncio.to_thread(prove_structure, copier, segment, max_bytes)
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)
    composed = Composed(
        source_offset=stretch.offset,
        source_bytes=stretch.size_bytes,
        source_etag=composition.body.etag,
        etag=info.etag or "",
        compared_bytes=compared,
    )
    proof = SegmentProof(level=Level.EDGES, likeness=Likeness.SAMPLES, composed=composed)
    return Proven(segment=segment, proof=proof)


async def _composition(stretch: Stretch, layout: _Layout, source: Hollow) -> tuple[Composition, int]:
    """With as much in its head as S3 needs for a part, and how many bytes of each end are compared."""
    compared = min(COMPARED_BYTES, stretch.size_bytes)
    sent = min(max(compared, LEAST_PART_BYTES - len(layout.head)), stretch.size_bytes - 1)
    info = source.info
    first = [chunk async for chunk in source.chunks(stretch.offset, sent)]
    body = StoredRange(info.key, stretch.offset + sent, stretch.size_bytes - sent, info.etag or "")
    return Composition(body, b"".join((layout.head, *first)), layout.tail), compared


async def _prove(
    segment: CutSegment,
    stretch: Stretch,
    made_of: Composition,
    compared: int,
    store: ObjectStore,
    info: ObjectInfo,
    source: Hollow,
) -> None:
    """All that was sent is read back, and the end of what was copied; its file then holds what was found."""
    last = made_of.size_bytes - len(made_of.tail) - compared
    end_of_source = stretch.offset + stretch.size_bytes - compared
    begins_alike, tail, expected = await asyncio.gather(
        begins_with(store, info.key, made_of.head),
        read_range(store, info.key, last, info.size - last),
        source.read(end_of_source, compared),
    )
    if not begins_alike or tail != expected + made_of.tail:
        raise SegmentDiffers(segment.index)
    await asyncio.to_thread(_write_found, segment, made_of.head[: len(stretch.head)], made_of.tail)


def _lay_out(path: Path, stretch: Stretch, dress: Dress, cut: Cut) -> _Layout:
    with created(path) as file:
        os.pwrite(file, stretch.head, 0)
        os.ftruncate(file, stretch.file_bytes)
    tag_bytes = dress(path, cut)
    head_bytes = len(stretch.head)
    with path.open("rb") as read:
        head = read.read(head_bytes)
        read.seek(head_bytes + stretch.size_bytes)
        return _Layout(head, read.read(), tag_bytes)


def _write_found(segment: CutSegment, head: bytes, tail: bytes) -> None:
    """Nothing of what was laid out there may be taken for what was read."""
    with created(segment.path) as file:
        os.pwrite(file, head, 0)
        os.pwrite(file, tail, segment.size_bytes - len(tail))
        os.ftruncate(file, segment.size_bytes)


def _segment_of(cut: Cut, path: Path, size_bytes: int, tag_bytes: int) -> CutSegment:
    return CutSegment(
        index=cut.index,
        first_sample=cut.first_sample,
        sample_count=cut.sample_count,
        path=path,
        size_bytes=size_bytes,
        sha256="",  # nobody read all of it
        output_samples=cut.sample_count,
        excess_samples=0,
        reason=cut.reason,
        tag_bytes=tag_bytes,
    )
