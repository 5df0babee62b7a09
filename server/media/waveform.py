"""The outline of a whole recording for a picture: extremes, loudness and pauses, heard in one pass."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from server.media.decoder import QUIET, Decoder, source_options
from server.media.facts import MediaLimits, SourceFacts
from server.media.pcm import SampleFormat
from server.media.run import RunLimits, refuse_our_faults, run
from server.media.silence_levels import POWERS, Levels, OnSamples, SampleKind, measure_levels
from server.media.silence_pauses import Pauses, pauses_of
from server.media.threads import in_thread
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
    levels = await _decoded(path, facts, outline, folder, decoder, limits, on_progress)
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


async def _decoded(
    path: Path,
    facts: SourceFacts,
    outline: _Outline,
    folder: Path,
    decoder: Decoder,
    limits: MediaLimits,
    on_progress: OnSamples | None,
) -> Levels:
    kind = SampleKind(sample_format=SampleFormat.S16, channels=facts.channels, sample_rate=facts.sample_rate)
    read_fd, write_fd = os.pipe()
    listening = asyncio.create_task(in_thread(_listen, read_fd, kind, outline, on_progress))
    try:
        try:
            finished = await run(
                _argv(path, facts, decoder, limits),
                folder=folder,
                limits=RunLimits(wall_s=limits.cpu_s, cpu_s=limits.cpu_s, memory_bytes=limits.memory_bytes),
                stdout_fd=write_fd,
            )
        finally:
            os.close(write_fd)  # whoever listens now reaches the end
    finally:
        levels = await listening
        os.close(read_fd)
    refuse_our_faults(finished)
    return levels


def _listen(
    read_fd: int, kind: SampleKind, outline: _Outline, on_progress: OnSamples | None, stop: Event
) -> Levels:
    def read_into(room: memoryview) -> int:
        read = os.readv(read_fd, [room])
        outline.take(bytes(room[:read]))
        return read

    return measure_levels(read_into, kind, stop, on_progress)


def _loudness(levels: Levels, sample_count: int, columns: int) -> NDArray[np.float64]:
    """Columns that are shorter than what was measured share it."""
    firsts = np.arange(columns) * sample_count // columns // levels.window_samples
    starts = np.minimum(firsts, len(levels.codes) - 1)
    powers = np.add.reduceat(POWERS[levels.codes], starts)
    widths = np.maximum(np.diff(starts, append=len(levels.codes)), 1)
    loudness: NDArray[np.float64] = np.sqrt(powers / widths)
    return loudness


def _argv(path: Path, facts: SourceFacts, decoder: Decoder, limits: MediaLimits) -> list[str]:
    source = ffmpeg.input(f"file:{path.absolute()}", threads=1, **source_options(facts.demuxer))
    output = source[f"a:{facts.stream_index}"].output(
        "pipe:1",
        f="s16le",
        acodec="pcm_s16le",
        ac=facts.channels,
        ar=facts.sample_rate,
        t=limits.max_duration_s + 1,
    )
    argv: list[str] = output.global_args(*QUIET).compile(cmd=str(decoder.binary))
    return argv
