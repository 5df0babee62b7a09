"""Cuts by copying frames: the plan by size, and the segments."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path

from server.media.copying.copier import Copier, Expecting
from server.media.copying.stretch import Stretching
from server.media.facts import MediaLimits
from server.media.in_order import in_order
from server.media.plan.cuts import Cut, cuts_between
from server.media.segment import CutSegment, Dress
from zerokerf.errors import SizeLimitTooSmall, TooManySegments


def plan_by_size(
    copier: Copier, max_bytes: int, limits: MediaLimits, reserve_bytes: int = 0
) -> tuple[Cut, ...]:
    """As long as fits, one after the other. The same file and limit give the same cuts.

    `reserve_bytes` of every file are left for what is written into it later.

    Raises SizeLimitTooSmall where not even a second fits, TooManySegments.
    """
    total = copier.sample_count
    bounds = [0]
    while bounds[-1] < total:
        first = bounds[-1]
        fitting = copier.fit(first, max_bytes - reserve_bytes)
        if fitting < min(copier.sample_rate, total - first) and first + fitting != total:
            raise SizeLimitTooSmall(max_bytes, _bytes_of_a_second(copier, first) + reserve_bytes)
        if len(bounds) > limits.max_segments:
            raise TooManySegments(-(-total * len(bounds) // (first + fitting)), limits.max_segments)
        bounds.append(first + fitting)
    return cuts_between(bounds, "size")


async def copy_cut(
    copier: Copier, cuts: Sequence[Cut], folder: Path, parallel: int, dress: Dress | None = None
) -> AsyncGenerator[CutSegment, None]:
    """Segments in order of index; the same bytes every time. Close the iterator when leaving early."""
    if isinstance(copier, Expecting):
        copier.expect(
            [bound for cut in cuts for bound in (cut.first_sample, cut.first_sample + cut.sample_count)]
        )
    works = (partial(asyncio.to_thread, _copy, copier, cut, folder, dress) for cut in cuts)
    async with aclosing(in_order(works, parallel)) as segments:
        async for segment in segments:
            yield segment


def _copy(copier: Copier, cut: Cut, folder: Path, dress: Dress | None) -> CutSegment:
    """Appears under its final name only when whole."""
    path = folder / f"{cut.index:06}.{copier.format.extension}"
    part = path.with_suffix(path.suffix + ".part")
    try:
        copier.write(cut.first_sample, cut.sample_count, part)
        tag_bytes = dress(part, cut) if dress else 0
        made = segment_of(copier, cut, part, tag_bytes)
        if isinstance(copier, Stretching):
            made = replace(made, stretch=copier.stretch(cut.first_sample, cut.sample_count))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return replace(made, path=path)


def segment_of(copier: Copier, cut: Cut, path: Path, tag_bytes: int = 0) -> CutSegment:
    """What there is to know of a finished file."""
    with path.open("rb", buffering=0) as file:
        sha256, size_bytes = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    return CutSegment(
        index=cut.index,
        first_sample=cut.first_sample,
        sample_count=cut.sample_count,
        path=path,
        size_bytes=size_bytes,
        tag_bytes=tag_bytes,
        sha256=sha256,
        output_samples=cut.sample_count,
        excess_samples=copier.excess_samples(cut.first_sample, cut.sample_count),
        reason=cut.reason,
    )


def _bytes_of_a_second(copier: Copier, first_sample: int) -> int:
    end = min(copier.sample_count, copier.snap(first_sample + copier.sample_rate))
    return copier.size_bytes(first_sample, end - first_sample)
