"""Cuts a recording through its samples, each segment encoded anew."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path

from server.media.copying.copier import Copier, NotCopyable
from server.media.copying.cut import copy_cut, plan_by_size
from server.media.copying.open_copier import open_copier
from server.media.cutter import ExpectedSize, Making, Proven, Search, Tools
from server.media.decode import OnSamples
from server.media.encoding.cut import cut_by_plan, cut_by_search
from server.media.encoding.options import EncodePlan
from server.media.encoding.size_search import SizeSearch, plan_wav_by_size, wav_bytes
from server.media.in_order import in_order
from server.media.integrity import Integrity, integrity_notes
from server.media.manifest.document import Level, Likeness, Method, SegmentProof
from server.media.pcm import Pcm
from server.media.plan.cuts import Cut
from server.media.recipe import Recipe
from server.media.segment import CutSegment, Dress, make_segment
from server.media.verify import verify_segment
from zerokerf.formats import Format


class EncodeCutter:
    """Samples of the source, encoded anew for each segment."""

    def __init__(
        self,
        pcm: Pcm,
        integrity: Integrity,
        plan: EncodePlan,
        folder: Path,
        tools: Tools,
        why_not_copied: str | None,
    ) -> None:
        self._pcm = pcm
        self._plan = plan
        self._folder = folder
        self._tools = tools
        self._programme: Copier | None = None
        self.making = Making(
            method=Method.ENCODE,
            format=plan.format,
            sample_rate=pcm.sample_rate,
            channels=pcm.channels,
            sample_count=pcm.sample_count,
            output_sample_rate=plan.sample_rate,
            output_channels=plan.channels,
            integrity=integrity,
            why_not_copied=why_not_copied,
            notes=(*plan.notes, *integrity_notes(integrity, pcm.sample_count)),
        )

    def snap(self, sample: int) -> int:
        return sample

    async def plan_by_size(self, max_bytes: int, reserve_bytes: int) -> tuple[Cut, ...] | Search:
        limits = self._tools.limits
        if self._plan.format is Format.WAV:
            return plan_wav_by_size(self._pcm, self._plan, max_bytes, limits, reserve_bytes)
        self._programme = self._programme or await self._encoded_whole()
        if self._programme is None:
            search = SizeSearch(
                pcm=self._pcm,
                max_bytes=max_bytes,
                target=self._plan,
                folder=self._folder,
                decoder=self._tools.decoder,
                limits=limits,
            )
            return partial(cut_by_search, search)
        return await asyncio.to_thread(plan_by_size, self._programme, max_bytes, limits, reserve_bytes)

    def expected_size(self, cut: Cut) -> ExpectedSize | None:
        plan, pcm = self._plan, self._pcm
        if self._programme is not None:
            size_bytes = self._programme.size_bytes(cut.first_sample, cut.sample_count)
            return ExpectedSize(size_bytes, is_exact=True)
        if plan.format is Format.WAV:
            return ExpectedSize(wav_bytes(pcm, plan, cut), is_exact=True)
        bit_rate = dict(plan.options).get("b:a")
        if bit_rate is None:
            return None
        return ExpectedSize(cut.sample_count * int(bit_rate) // (8 * pcm.sample_rate), is_exact=False)

    def by_plan(
        self, cuts: Sequence[Cut], dress: Dress | None, on_made: OnSamples | None = None
    ) -> AsyncGenerator[CutSegment, None]:
        tools = self._tools
        if self._programme is not None:
            return copy_cut(self._programme, cuts, self._folder, tools.parallel, dress)
        return cut_by_plan(
            self._pcm, cuts, self._plan, self._folder, tools.decoder, tools.parallel, on_made, dress
        )

    async def _encoded_whole(self) -> Copier | None:
        """All of it encoded once, to be cut by copying: the limit is met exactly and nothing is tried twice.

        None where places in the encoded file are not those of the source, or its format has no frames.
        """
        plan, pcm = self._plan, self._pcm
        if plan.format is Format.AAC or plan.sample_rate != pcm.sample_rate:
            return None
        whole = Cut(0, 0, pcm.sample_count, "end")
        folder = self._folder / "programme"
        await asyncio.to_thread(folder.mkdir, exist_ok=True)
        encoded = await make_segment(pcm, whole, plan, folder, self._tools.decoder, lambda _: None)
        try:
            copier = await asyncio.to_thread(open_copier, plan.format, encoded.path)
        except NotCopyable:
            return None
        return copier if copier.sample_count == pcm.sample_count else None

    async def prove(self, segments: Sequence[CutSegment], recipe: Recipe) -> list[Proven]:
        """Each decoded in full and counted; what is lossless is compared with the source."""
        works = (partial(self._proven, segment, recipe.max_bytes) for segment in segments)
        async with aclosing(in_order(works, self._tools.parallel)) as proven:
            return [each async for each in proven]

    async def _proven(self, segment: CutSegment, max_bytes: int | None) -> Proven:
        seen = await verify_segment(segment, self._plan, self._pcm, self._tools.decoder, max_bytes)
        proof = SegmentProof(
            level=Level.DECODED,
            likeness=Likeness.SAMPLES if seen.is_bit_exact else None,
            decoded_samples=seen.decoded_samples,
        )
        return Proven(segment=segment, proof=proof)
