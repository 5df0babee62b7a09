"""Encodes segments by a plan, or by size as it goes, and hands them out in order."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path

from server.media.decode import OnSamples
from server.media.decoder import Decoder
from server.media.encoding.options import EncodePlan
from server.media.encoding.size_search import SizeSearch, SizeStart
from server.media.in_order import Work, in_order
from server.media.pcm import Pcm
from server.media.plan.cuts import Cut
from server.media.segment import CutSegment, Dress, make_segment


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


async def cut_by_plan(
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


async def cut_by_search(
    search: SizeSearch, start: SizeStart, dress: Dress | None
) -> AsyncGenerator[CutSegment, None]:
    """Segments in order, each as long as fits with its tags; one is made ahead.

    A later `start` cuts as if there had been no pause. Raises SizeLimitTooSmall or TooManySegments. Close the
    iterator when leaving early.
    """
    ahead: deque[asyncio.Task[CutSegment]] = deque()
    ahead.append(asyncio.create_task(search.next_segment(start, dress)))
    try:
        while ahead:
            segment = await ahead[0]
            ahead.popleft()
            follower = SizeStart.after(segment)
            if follower.first_sample < search.pcm.sample_count:
                ahead.append(asyncio.create_task(search.next_segment(follower, dress)))
            yield segment
    finally:
        await _end(ahead)


async def _end(tasks: deque[asyncio.Task[CutSegment]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
