"""Cuts by a plan: several segments at once, handed out in order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from server.media.decode import OnSamples
from server.media.decoder import Decoder
from server.media.encode import EncodePlan
from server.media.pcm import Pcm
from server.media.plan import Cut
from server.media.segment import CutSegment, make_segment


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
) -> AsyncIterator[CutSegment]:
    """Segments in order of index. Doing it twice writes the same bytes.

    At most `parallel` are being made or wait to be taken: a slow taker slows the cutting and fills no disk.
    Close the iterator when leaving early: what is still being made is then ended before `aclose` returns.
    """
    progress = _Progress(on_progress)
    window: deque[asyncio.Task[CutSegment]] = deque()
    rest = iter(cuts)

    def start_next() -> None:
        for cut in rest:

            def on_samples(samples: int, index: int = cut.index) -> None:
                progress.report(index, samples)

            window.append(asyncio.create_task(make_segment(pcm, cut, target, folder, decoder, on_samples)))
            return

    try:
        for _ in range(max(1, parallel)):
            start_next()
        while window:
            segment = await window[0]
            window.popleft()
            start_next()
            yield segment
    finally:
        await _end(window)


async def _end(tasks: deque[asyncio.Task[CutSegment]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
