"""Listens to a whole source once and says where it pauses."""

import asyncio
import fcntl
import os
from contextlib import suppress
from pathlib import Path
from threading import Event

import ffmpeg

from server.media.decoder import QUIET, Decoder, source_options
from server.media.facts import MediaLimits, SourceFacts
from server.media.pcm import Pcm
from server.media.run import Finished, RunLimits, refuse_our_faults, run
from server.media.silence_levels import Levels, OnSamples, SampleKind, measure_levels
from server.media.silence_pauses import Pauses, pauses_of
from server.media.threads import in_thread
from server.media.wav import WavHeaderError, read_header
from zerokerf.errors import CorruptFile
from zerokerf.formats import Format

_PIPE_BYTES = 1 << 20  # the decoder waits less often than with the usual 64 KiB
#: Handed on in large portions: ffmpeg passes each from thread to thread, which costs more than a pipe does.
_PORTIONS = "asetnsamples=n=32768:p=0"
_SET_PIPE_BYTES = 1031  # Linux's F_SETPIPE_SZ, refused elsewhere


async def find_pauses(
    pcm: Pcm, *, threshold_db: float | None = None, on_progress: OnSamples | None = None
) -> Pauses:
    """Reads every sample once; memory stays flat but for a byte or two for each 10 ms."""
    levels = await in_thread(_measure_pcm, pcm, on_progress)
    return await asyncio.to_thread(pauses_of, levels, threshold_db)


async def find_pauses_of_file(
    path: Path,
    facts: SourceFacts,
    folder: Path,
    decoder: Decoder,
    limits: MediaLimits,
    *,
    threshold_db: float | None = None,
    on_progress: OnSamples | None = None,
) -> Pauses:
    """The same pauses as of the decoded samples, without keeping those: for sources that are not decoded
    otherwise. What cannot be decoded is left out; raises CorruptFile if that is everything."""
    pcm = await asyncio.to_thread(_plain_pcm, path, facts)
    if pcm is not None:
        return await find_pauses(pcm, threshold_db=threshold_db, on_progress=on_progress)
    levels, finished = await _measure_decoder(path, facts, folder, decoder, limits, on_progress)
    refuse_our_faults(finished)
    if levels.sample_count == 0 or finished.is_timeout:
        raise CorruptFile("its pauses could not be found, because it does not decode.")
    return await asyncio.to_thread(pauses_of, levels, threshold_db)


def _plain_pcm(path: Path, facts: SourceFacts) -> Pcm | None:
    """Samples that lie in the file as they are need no decoder."""
    if facts.format is not Format.WAV:
        return None
    with suppress(WavHeaderError):
        header = read_header(path)
        if header.sample_format is not None:
            return Pcm(
                path=path,
                data_offset=header.data_offset,
                sample_format=header.sample_format,
                sample_rate=header.sample_rate,
                channels=header.channels,
                sample_count=header.found_samples,
            )
    return None


def _measure_pcm(pcm: Pcm, on_progress: OnSamples | None, stop: Event) -> Levels:
    kind = SampleKind(sample_format=pcm.sample_format, channels=pcm.channels, sample_rate=pcm.sample_rate)
    left = pcm.sample_count * pcm.frame_bytes
    with pcm.path.open("rb", buffering=0) as file:
        file.seek(pcm.data_offset)

        def read_into(room: memoryview) -> int:
            nonlocal left
            read = file.readinto(room[:left]) or 0
            left -= read
            return read

        return measure_levels(read_into, kind, stop, on_progress)


async def _measure_decoder(
    path: Path,
    facts: SourceFacts,
    folder: Path,
    decoder: Decoder,
    limits: MediaLimits,
    on_progress: OnSamples | None,
) -> tuple[Levels, Finished]:
    kind = SampleKind(
        sample_format=facts.sample_format, channels=facts.channels, sample_rate=facts.sample_rate
    )
    read_fd, write_fd = _wide_pipe()
    measuring = asyncio.create_task(in_thread(_measure_pipe, read_fd, kind, on_progress))
    try:
        try:
            finished = await run(
                _argv(path, facts, decoder, limits),
                folder=folder,
                limits=RunLimits(wall_s=limits.cpu_s, cpu_s=limits.cpu_s, memory_bytes=limits.memory_bytes),
                stdout_fd=write_fd,
            )
        finally:
            os.close(write_fd)  # the measuring thread now reaches the end
    finally:
        levels = await measuring
        os.close(read_fd)
    return levels, finished


def _wide_pipe() -> tuple[int, int]:
    read_fd, write_fd = os.pipe()
    with suppress(OSError):
        fcntl.fcntl(write_fd, _SET_PIPE_BYTES, _PIPE_BYTES)
    return read_fd, write_fd


def _measure_pipe(read_fd: int, kind: SampleKind, on_progress: OnSamples | None, stop: Event) -> Levels:
    return measure_levels(lambda room: os.readv(read_fd, [room]), kind, stop, on_progress)


def _argv(path: Path, facts: SourceFacts, decoder: Decoder, limits: MediaLimits) -> list[str]:
    source = ffmpeg.input(f"file:{path.absolute()}", threads=1, **source_options(facts.demuxer))
    kept = facts.sample_format
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
