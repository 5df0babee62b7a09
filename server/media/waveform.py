"""The outline of a whole recording for a picture: extremes, loudness and pauses, heard in one pass."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.media.decoder import Decoder
from server.media.facts import MediaLimits, SourceFacts
from server.media.pcm import SampleFormat
from server.media.silence.levels import POWERS, Levels, OnSamples
from server.media.silence.pauses import Pauses, pauses_of
from server.media.silence.source_levels import measure_source
from zerokerf.errors import CorruptFile

_FULL_SCALE = 2.0**15


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Waveform:
    """In columns of equal length, from the first sample to the last; 1 is full scale, over all channels."""

    lows: NDArray[np.float64]
    highs: NDArray[np.float64]
    loudness: NDArray[np.float64]  # RMS
    pauses: Pauses


async def read_waveform(
    path: Path,
    facts: SourceFacts,
    sample_count: int,
    columns: int,
    folder: Path,
    decoder: Decoder,
    limits: MediaLimits,
    on_progress: OnSamples | None = None,
) -> Waveform:
    """Memory stays flat but for a byte for each 10 ms. Raises CorruptFile if nothing can be decoded.

    `on_progress` is called in another thread.
    """
    outline = _Outline(sample_count, min(columns, sample_count), facts.channels)
    _, levels = await measure_source(
        path, facts, SampleFormat.S16, folder, decoder, limits, on_progress, outline.take
    )
    if levels.sample_count == 0:
        raise CorruptFile("it could not be drawn, because it does not decode.")
    loudness = _loudness(levels, sample_count, len(outline.lows))
    pauses = await asyncio.to_thread(pauses_of, levels)
    return Waveform(
        lows=outline.lows / _FULL_SCALE, highs=outline.highs / _FULL_SCALE, loudness=loudness, pauses=pauses
    )


class _Outline:
    """The extremes of each column, of samples that arrive in portions of any size."""

    def __init__(self, sample_count: int, columns: int, channels: int) -> None:
        self._bounds = np.arange(columns + 1) * sample_count // columns * channels
        self._place = 0
        self._rest = b""
        self.lows = np.zeros(columns, np.int16)
        self.highs = np.zeros(columns, np.int16)

    def take(self, portion: bytes) -> None:
        data = self._rest + portion
        whole = len(data) // 2 * 2
        self._rest = data[whole:]
        values = np.frombuffer(data[:whole], "<i2")[: max(0, self._bounds[-1] - self._place)]
        if not len(values):
            return
        first = int(np.searchsorted(self._bounds, self._place, "right")) - 1
        end = int(np.searchsorted(self._bounds, self._place + len(values), "left"))
        starts = np.maximum(self._bounds[first:end] - self._place, 0)
        columns = slice(first, end)
        self.lows[columns] = np.minimum(self.lows[columns], np.minimum.reduceat(values, starts))
        self.highs[columns] = np.maximum(self.highs[columns], np.maximum.reduceat(values, starts))
        self._place += len(values)


def _loudness(levels: Levels, sample_count: int, columns: int) -> NDArray[np.float64]:
    """Columns that are shorter than what was measured share it."""
    firsts = np.arange(columns) * sample_count // columns // levels.window_samples
    starts = np.minimum(firsts, len(levels.codes) - 1)
    powers = np.add.reduceat(POWERS[levels.codes], starts)
    widths = np.maximum(np.diff(starts, append=len(levels.codes)), 1)
    loudness: NDArray[np.float64] = np.sqrt(powers / widths)
    return loudness
