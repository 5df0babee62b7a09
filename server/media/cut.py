"""Cuts by a plan, or by size as it goes, and hands the segments out in order."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path

from server.media.decode import OnSamples
from server.media.decoder import Decoder
from server.media.encode import EncodePlan
from server.media.facts import MediaLimits
from server.media.in_order import Work, in_order
from server.media.pcm import Pcm
from server.media.plan import Cut
from server.media.segment import CutSegment, Dress, make_segment
from server.media.size_search import SizeSearch, SizeStart, plan_wav_by_size
from zerokerf.formats import Format


class _Progress:
    """Adds up what segments that are made at once have done."""

    def __init__(self, on_progress: OnSamples | None) -> None:
        self._on_progress = on_progress
        self._done: dict[int, int] = {}
        self._total = 0

    def report(self, index: int, samples: int) -> None:
        more = samples - self._done.get(index, 0)
        if more > 0:
            self._done[index] = samples
            self._total += more
            if self._on_progress:
                self._on_progress(self._total)


async def cut_by_duration(
    pcm: Pcm,
    cuts: Sequence[Cut],
    target: EncodePlan,
    folder: Path,
    decoder: Decoder,
    parallel: int,
    on_progress: OnSamples | None = None,
    dress: Dress | None = None,
) -> AsyncGenerator[CutSegment, None]:
    """Segments in order of index. Doing it twice writes the same bytes.

    At most `parallel` are being made or wait to be taken: a slow taker slows the cutting and fills no disk.
    Close the iterator when leaving early: what is still being made is then ended before `aclose` returns.
    """
    progress = _Progress(on_progress)

    def work(cut: Cut) -> Work[CutSegment]:
        def on_samples(samples: int) -> None:
            progress.report(cut.index, samples)

        return partial(make_segment, pcm, cut, target, folder, decoder, on_samples, dress=dress)

    async with aclosing(in_order(map(work, cuts), parallel)) as segments:
        async for segment in segments:
            yield segment


async def cut_by_size(
    pcm: Pcm,
    max_bytes: int,
    target: EncodePlan,
    folder: Path,
    decoder: Decoder,
    limits: MediaLimits,
    start: SizeStart | None = None,
    on_progress: OnSamples | None = None,
    dress: Dress | None = None,
    reserve_bytes: int = 0,
) -> AsyncGenerator[CutSegment, None]:
    """Segments in order, none larger than `max_bytes`, each as long as fits; one is made ahead.

    Tags count: what is tried is dressed, and where lengths are computed instead, `reserve_bytes` are kept
    free, the most that `dress` adds to any segment.

    `start` goes on after a segment made earlier and cuts as if there had been no pause. Raises
    SizeLimitTooSmall or TooManySegments, before any work where that can be told. Close the iterator when
    leaving early.
    """
    start = start or SizeStart()
    if target.format is Format.WAV:
        cuts = plan_wav_by_size(pcm, max_bytes, limits, reserve_bytes, target)[start.index :]
        parts = cut_by_duration(pcm, cuts, target, folder, decoder, 2, on_progress, dress)
    else:
        parts = _cut_by_search(pcm, max_bytes, target, folder, decoder, limits, start, on_progress, dress)
    async with aclosing(parts):
        async for segment in parts:
            yield segment


async def _cut_by_search(
    pcm: Pcm,
    max_bytes: int,
    target: EncodePlan,
    folder: Path,
    decoder: Decoder,
    limits: MediaLimits,
    start: SizeStart,
    on_progress: OnSamples | None,
    dress: Dress | None,
) -> AsyncGenerator[CutSegment, None]:
    progress = _Progress(on_progress)
    search = SizeSearch(
        pcm=pcm,
        max_bytes=max_bytes,
        target=target,
        folder=folder,
        decoder=decoder,
        limits=limits,
        on_sample=lambda sample: progress.report(0, sample - start.first_sample),
        dress=dress,
    )
    ahead: deque[asyncio.Task[CutSegment]] = deque()
    ahead.append(asyncio.create_task(search.next_segment(start)))
    try:
        while ahead:
            segment = await ahead[0]
            ahead.popleft()
            follower = SizeStart.after(segment)
            if follower.first_sample < pcm.sample_count:
                ahead.append(asyncio.create_task(search.next_segment(follower)))
            yield segment
    finally:
        await _end(ahead)


async def _end(tasks: deque[asyncio.Task[CutSegment]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
