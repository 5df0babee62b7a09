"""One recording, ready to be cut: by copying its frames where that is exact, else through its samples."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from server.media.copy_cut import copy_cut, plan_by_size
from server.media.copying.copier import Copier, NotCopyable
from server.media.copying.open_copier import open_copier
from server.media.cut import cut_by_duration, cut_by_size
from server.media.decode import OnSamples, decode
from server.media.decoder import Decoder
from server.media.edge_proof import EdgeSource
from server.media.encode import EncodePlan, plan_encode
from server.media.facts import MediaLimits, SourceFacts
from server.media.pcm import Pcm
from server.media.plan import Cut
from server.media.prober import Prober
from server.media.proof import prove_copies
from server.media.segment import CutSegment, make_segment
from server.media.size_search import SizeStart
from server.media.verify import verify_segment
from zerokerf.formats import Format

#: How the note begins that tells why frames were not copied.
ENCODED_AGAIN = "Encoded again instead of copied"


class Method(StrEnum):
    COPY = "copy"
    ENCODE = "encode"


@dataclass(frozen=True, slots=True)
class Tools:
    """What cutting works with; one value serves every job of a process."""

    decoder: Decoder
    prober: Prober
    limits: MediaLimits
    parallel: int


class Cutter(Protocol):
    """Segments come in order of index and are proven one by one. Close the iterators when leaving early."""

    @property
    def method(self) -> Method: ...
    @property
    def format(self) -> Format:
        """Of the segments."""
        ...

    @property
    def sample_rate(self) -> int:
        """Of the source's time line, on which cuts are."""
        ...

    @property
    def channels(self) -> int: ...
    @property
    def sample_count(self) -> int: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    def snap(self, sample: int) -> int:
        """The nearest place where a cut can be."""
        ...

    def by_plan(
        self, cuts: Sequence[Cut], on_made: OnSamples | None = None
    ) -> AsyncGenerator[CutSegment, None]:
        """`on_made` counts samples in segments, also in those that are not finished."""
        ...

    def by_size(self, max_bytes: int, start: SizeStart) -> AsyncGenerator[CutSegment, None]:
        """Raises SizeLimitTooSmall or TooManySegments."""
        ...

    async def verify(self, segment: CutSegment, max_bytes: int | None) -> None:
        """Raises VerificationFailed."""
        ...


async def open_cutter(
    source: Path,
    facts: SourceFacts,
    wish: Format | None,
    folder: Path,
    tools: Tools,
    on_decoded: OnSamples,
    *,
    why_not_copied: str | None = None,
) -> Cutter:
    """Without a wish, or with the source's own format as one, frames are copied if they can be.

    With a reason in `why_not_copied` they are not. Raises CorruptFile for a source that does not hold what it
    promises.
    """
    if why_not_copied is None and (wish is None or wish is facts.format):
        try:
            copier = await asyncio.to_thread(_whole_copier, facts, source)
            original = EdgeSource(path=source, demuxer=facts.demuxer, copier=copier)
            return CopyCutter(copier, original, folder, tools)
        except NotCopyable as declined:
            why_not_copied = declined.reason
    pcm = await decode(source, facts, folder, tools.decoder, tools.limits, on_decoded)
    plan = plan_encode(pcm, wish or facts.format, facts.codec)
    if why_not_copied is not None:
        note = f"{ENCODED_AGAIN}: {why_not_copied}"
        plan = replace(plan, notes=(note, *plan.notes))
    return EncodeCutter(pcm, plan, folder, tools)


def _whole_copier(facts: SourceFacts, source: Path) -> Copier:
    """Raises NotCopyable for what is damaged as well: decoding it tells what is lost."""
    copier = open_copier(facts.format, source)
    if copier.integrity.is_truncated or copier.integrity.resyncs:
        raise NotCopyable("The file is damaged or cut short.")
    if copier.sample_rate != facts.sample_rate:
        raise NotCopyable("Its frames say less than a decoder makes of them.")
    return copier


class CopyCutter:
    """Frames of the source, copied. What it makes decodes to the source's own samples."""

    method = Method.COPY
    notes: tuple[str, ...] = ()

    def __init__(self, copier: Copier, source: EdgeSource, folder: Path, tools: Tools) -> None:
        self._copier = copier
        self._source = source
        self._folder = folder
        self._tools = tools
        self.format = copier.format
        self.sample_rate = copier.sample_rate
        self.channels = copier.channels
        self.sample_count = copier.sample_count

    def snap(self, sample: int) -> int:
        return self._copier.snap(sample)

    def by_plan(
        self,
        cuts: Sequence[Cut],
        on_made: OnSamples | None = None,  # noqa: ARG002 - copying takes no time worth telling
    ) -> AsyncGenerator[CutSegment, None]:
        return copy_cut(self._copier, cuts, self._folder, self._tools.parallel)

    def by_size(self, max_bytes: int, start: SizeStart) -> AsyncGenerator[CutSegment, None]:
        return copy_by_size(self._copier, max_bytes, start, self._folder, self._tools)

    async def verify(self, segment: CutSegment, max_bytes: int | None) -> None:
        """Its index, and both its edges beside those of the source."""
        await prove_copies(self._source, [segment], self._tools.prober, max_bytes=max_bytes)


class EncodeCutter:
    """Samples of the source, encoded anew for each segment."""

    method = Method.ENCODE

    def __init__(self, pcm: Pcm, plan: EncodePlan, folder: Path, tools: Tools) -> None:
        self._pcm = pcm
        self._plan = plan
        self._folder = folder
        self._tools = tools
        self.format = plan.format
        self.notes = plan.notes
        self.sample_rate = pcm.sample_rate
        self.channels = pcm.channels
        self.sample_count = pcm.sample_count

    def snap(self, sample: int) -> int:
        return sample

    def by_plan(
        self, cuts: Sequence[Cut], on_made: OnSamples | None = None
    ) -> AsyncGenerator[CutSegment, None]:
        tools = self._tools
        return cut_by_duration(
            self._pcm, cuts, self._plan, self._folder, tools.decoder, tools.parallel, on_made
        )

    async def by_size(self, max_bytes: int, start: SizeStart) -> AsyncGenerator[CutSegment, None]:
        if start.first_sample == self.sample_count:
            return
        programme = await self._programme()
        tools = self._tools
        if programme is not None:
            parts = copy_by_size(programme, max_bytes, start, self._folder, tools)
        else:
            parts = cut_by_size(
                self._pcm, max_bytes, self._plan, self._folder, tools.decoder, tools.limits, start
            )
        async with aclosing(parts) as segments:
            async for segment in segments:
                yield segment

    async def _programme(self) -> Copier | None:
        """All of it encoded once, to be cut by copying: the limit is met exactly and nothing is tried twice.

        None where places in the encoded file are not those of the source, or its format has no frames.
        """
        plan, pcm = self._plan, self._pcm
        if plan.format in {Format.WAV, Format.AAC} or plan.sample_rate != pcm.sample_rate:
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

    async def verify(self, segment: CutSegment, max_bytes: int | None) -> None:
        await verify_segment(segment, self._plan, self._pcm, self._tools.decoder, max_bytes)


async def copy_by_size(
    copier: Copier, max_bytes: int, start: SizeStart, folder: Path, tools: Tools
) -> AsyncGenerator[CutSegment, None]:
    """Raises SizeLimitTooSmall or TooManySegments, before any work."""
    cuts = await asyncio.to_thread(plan_by_size, copier, max_bytes, tools.limits)
    async with aclosing(copy_cut(copier, cuts[start.index :], folder, tools.parallel)) as segments:
        async for segment in segments:
            yield segment
