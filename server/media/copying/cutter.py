"""Cuts a recording by copying its frames."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from server.media.copying.copier import Copier
from server.media.copying.cut import copy_cut, plan_by_size
from server.media.cutter import ExpectedSize, Making, Proven, Tools
from server.media.decode import OnSamples
from server.media.edges.proof import EdgeSource
from server.media.integrity import integrity_notes
from server.media.manifest.check import segment_proof
from server.media.manifest.document import Method
from server.media.plan.cuts import Cut
from server.media.proof import prove_copies
from server.media.recipe import Recipe, Verification
from server.media.segment import CutSegment, Dress


class CopyCutter:
    """Frames of the source, copied. What it makes decodes to the source's own samples."""

    def __init__(self, copier: Copier, source: EdgeSource, folder: Path, tools: Tools) -> None:
        self._copier = copier
        self._source = source
        self._folder = folder
        self._tools = tools
        self.making = Making(
            method=Method.COPY,
            format=copier.format,
            sample_rate=copier.sample_rate,
            channels=copier.channels,
            sample_count=copier.sample_count,
            output_sample_rate=copier.sample_rate,
            output_channels=copier.channels,
            integrity=copier.integrity,
            notes=integrity_notes(copier.integrity, copier.sample_count),
        )

    def snap(self, sample: int) -> int:
        return self._copier.snap(sample)

    async def plan_by_size(self, max_bytes: int, reserve_bytes: int) -> tuple[Cut, ...]:
        limits = self._tools.limits
        return await asyncio.to_thread(plan_by_size, self._copier, max_bytes, limits, reserve_bytes)

    def expected_size(self, cut: Cut) -> ExpectedSize | None:
        return ExpectedSize(self._copier.size_bytes(cut.first_sample, cut.sample_count), is_exact=True)

    def by_plan(
        self,
        cuts: Sequence[Cut],
        dress: Dress | None,
        on_made: OnSamples | None = None,  # noqa: ARG002 - copying takes no time worth telling
    ) -> AsyncGenerator[CutSegment, None]:
        return copy_cut(self._copier, cuts, self._folder, self._tools.parallel, dress)

    async def prove(self, segments: Sequence[CutSegment], recipe: Recipe) -> list[Proven]:
        """Their index, and both their edges beside those of the source, or all their samples."""
        is_full = recipe.verification is Verification.FULL
        seen = await prove_copies(
            self._source, segments, self._tools.prober, max_bytes=recipe.max_bytes, is_full=is_full
        )
        return [
            Proven(
                segment=segment,
                proof=segment_proof(edges, is_full=is_full),
                pre_roll_samples=edges.pre_roll_samples,
                padding_samples=edges.padding_samples,
            )
            for segment, edges in zip(segments, seen, strict=True)
        ]
