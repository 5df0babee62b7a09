"""Measures how loud a source is while it is decoded, and keeps none of its samples."""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event

import ffmpeg

from server.media.decoder import QUIET, Decoder, source_options
from server.media.facts import MediaLimits, SourceFacts
from server.media.pcm import SampleFormat
from server.media.run import Finished, RunLimits, refuse_our_faults
from server.media.run_piped import run_piped
from server.media.silence.levels import Levels, OnSamples, SampleKind, measure_levels

#: Handed on in large portions: ffmpeg passes each from thread to thread, which costs more than a pipe does.
_PORTIONS = "asetnsamples=n=32768:p=0"


async def measure_source(
    path: Path,
    facts: SourceFacts,
    kept: SampleFormat,
    folder: Path,
    decoder: Decoder,
    limits: MediaLimits,
    on_progress: OnSamples | None,
    on_portion: Callable[[bytes], None] | None = None,
) -> tuple[Finished, Levels]:
    """Of what can be decoded, as `kept`; `on_portion` is handed that too, in order. Both are called in
    another thread."""
    kind = SampleKind(sample_format=kept, channels=facts.channels, sample_rate=facts.sample_rate)

    def listen(read_fd: int, stop: Event) -> Levels:
        def read_into(room: memoryview) -> int:
            read = os.readv(read_fd, [room])
            if on_portion:
                on_portion(bytes(room[:read]))
            return read

        return measure_levels(read_into, kind, stop, on_progress)

    argv = _argv(path, facts, kept, decoder, limits)
    patience = RunLimits(wall_s=limits.cpu_s, cpu_s=limits.cpu_s, memory_bytes=limits.memory_bytes)
    finished, levels = await run_piped(argv, listen, folder=folder, limits=patience)
    refuse_our_faults(finished)
    return finished, levels


def _argv(
    path: Path, facts: SourceFacts, kept: SampleFormat, decoder: Decoder, limits: MediaLimits
) -> list[str]:
    source = ffmpeg.input(f"file:{path.absolute()}", threads=1, **source_options(facts.demuxer))
    output = source[f"a:{facts.stream_index}"].output(
        "pipe:1",
        f=kept.value,
        acodec=kept.codec,
        af=_PORTIONS,
        ac=facts.channels,
        ar=facts.sample_rate,
        t=limits.max_duration_s + 1,
    )
    argv: list[str] = output.global_args(*QUIET).compile(cmd=str(decoder.binary))
    return argv
