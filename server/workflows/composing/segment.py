"""One segment, made by the store and proven by what of it is read back."""

import asyncio
import os
from collections.abc import Awaitable, Callable
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
from server.workflows.composing.source import Hollow, same_ranges
from storage.compose import Composition, StoredRange
from storage.interface import ObjectInfo, ObjectStore
from zerokerf.errors import SegmentDiffers

#: Read back at each end of what the store has made.
COMPARED_BYTES = 1 << 18

Compose = Callable[[str, Composition], Awaitable[ObjectInfo]]


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
        head, tail, tag_bytes = await asyncio.to_thread(_lay_out, path, stretch, dress, cut)
        body = StoredRange(source.info.key, stretch.offset, stretch.size_bytes, source.info.etag or "")
        info = await compose(key, Composition(body, head, tail))
        segment = _segment_of(cut, path, info.size, tag_bytes)
        compared = await _prove(segment, stretch, Hollow(store, info, path), source, copier, max_bytes)
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)
    composed = Composed(
        source_offset=stretch.offset,
        source_bytes=stretch.size_bytes,
        source_etag=body.etag,
        etag=info.etag or "",
        compared_bytes=compared,
    )
    proof = SegmentProof(level=Level.EDGES, likeness=Likeness.SAMPLES, composed=composed)
    return Proven(segment=segment, proof=proof)


async def _prove(
    segment: CutSegment,
    stretch: Stretch,
    made: Hollow,
    source: Hollow,
    copier: WavCopier,
    max_bytes: int | None,
) -> int:
    """Its headers, and both its ends beside the source's. How many bytes of each were compared."""
    head_bytes = len(stretch.head)
    compared = min(COMPARED_BYTES, stretch.size_bytes)
    end = head_bytes + stretch.size_bytes
    last = stretch.size_bytes - compared
    await made.make()  # nothing of what was laid out here may be taken for what was read
    await made.fill(0, head_bytes + compared)
    await made.fill(end - compared, made.info.size - end + compared)
    await source.fill(stretch.offset, compared)
    await source.fill(stretch.offset + last, compared)
    await asyncio.to_thread(prove_structure, copier, segment, max_bytes)
    ranges = ((head_bytes, stretch.offset, compared), (head_bytes + last, stretch.offset + last, compared))
    if not await asyncio.to_thread(same_ranges, made.path, source.path, ranges):
        raise SegmentDiffers(segment.index)
    return compared


def _lay_out(path: Path, stretch: Stretch, dress: Dress, cut: Cut) -> tuple[bytes, bytes, int]:
    """What comes before and after the samples, tags included, and how many bytes are tags."""
    with created(path) as file:
        os.pwrite(file, stretch.head, 0)
        os.ftruncate(file, stretch.file_bytes)
    tag_bytes = dress(path, cut)
    head_bytes = len(stretch.head)
    with path.open("rb") as read:
        head = read.read(head_bytes)
        read.seek(head_bytes + stretch.size_bytes)
        return head, read.read(), tag_bytes


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
