"""Turns a source into its exact samples, once, in a scratch file, and counts them.

Lossy sources become 16 bit, which is what every lossless output of them then holds; integer sources keep
every bit and float PCM stays float. A plain PCM WAV is used where it lies, without a copy.
"""

import asyncio
import errno
from collections.abc import Callable
from pathlib import Path

import ffmpeg

from server.media.decoder import PROGRESS, QUIET, Decoder, source_options
from server.media.facts import MediaLimits, SourceFacts
from server.media.pcm import Pcm
from server.media.run import Finished, RunLimits, refuse_our_faults, run
from server.media.wav import WavHeader, read_header
from zerokerf.errors import CorruptFile, SourceTooLong
from zerokerf.formats import Format

#: Called with the number of samples done so far; it only rises.
OnSamples = Callable[[int], None]

_SLACK_SAMPLES = 4096  # containers of lossy codecs are off by a frame or two even when whole


async def decode(
    path: Path,
    facts: SourceFacts,
    folder: Path,
    decoder: Decoder,
    limits: MediaLimits,
    on_progress: OnSamples | None = None,
) -> Pcm:
    """Every sample of the chosen stream. Raises CorruptFile if there are fewer than the file promises."""
    pcm = await asyncio.to_thread(_pcm_in_place, path, facts)
    if pcm is None:
        pcm = await _decode_to_scratch(path, facts, folder, decoder, limits, on_progress)
    _check_count(pcm, facts, limits)
    if on_progress:
        on_progress(pcm.sample_count)
    return pcm


def _pcm_in_place(path: Path, facts: SourceFacts) -> Pcm | None:
    if facts.format is not Format.WAV:
        return None
    header = read_header(path)
    return None if header.sample_format is None else _pcm_of(path, header)


def _pcm_of(path: Path, header: WavHeader) -> Pcm:
    if header.sample_format is None:
        raise CorruptFile("it decodes to samples of an unexpected kind.")
    return Pcm(
        path=path,
        data_offset=header.data_offset,
        sample_format=header.sample_format,
        sample_rate=header.sample_rate,
        channels=header.channels,
        sample_count=header.found_samples,
        channel_mask=header.channel_mask,
    )


async def _decode_to_scratch(
    path: Path,
    facts: SourceFacts,
    folder: Path,
    decoder: Decoder,
    limits: MediaLimits,
    on_progress: OnSamples | None,
) -> Pcm:
    scratch = folder / "decoded.wav"

    def on_time(microseconds: int) -> None:
        if on_progress:
            on_progress(microseconds * facts.sample_rate // 1_000_000)

    argv = _argv(path, scratch, facts, decoder, limits)
    finished = await run(argv, folder=folder, limits=_run_limits(limits), on_time=on_time)
    _refuse_failure(finished)
    return _pcm_of(scratch, await asyncio.to_thread(read_header, scratch))


def _argv(path: Path, scratch: Path, facts: SourceFacts, decoder: Decoder, limits: MediaLimits) -> list[str]:
    source = ffmpeg.input(f"file:{path.absolute()}", threads=1, **source_options(facts.demuxer))
    output = source[f"a:{facts.stream_index}"].output(
        f"file:{scratch.absolute()}",
        f="wav",
        rf64="auto",
        acodec=facts.sample_format.codec,
        t=limits.max_duration_s + 1,
        map_metadata=-1,
        fflags="+bitexact",
    )
    argv: list[str] = output.global_args(*QUIET, *PROGRESS).compile(cmd=str(decoder.binary))
    return argv


def _expected_samples(facts: SourceFacts) -> int:
    """What must at least be there; 0 where the container only estimates."""
    if facts.claimed_samples is not None:
        slack = 0 if facts.format in (Format.WAV, Format.FLAC) else _SLACK_SAMPLES
        return max(0, facts.claimed_samples - slack)
    if facts.format is Format.M4A:
        return max(0, (facts.duration_hint_samples or 0) - _SLACK_SAMPLES)
    return 0


def _run_limits(limits: MediaLimits) -> RunLimits:
    return RunLimits(wall_s=limits.cpu_s, cpu_s=limits.cpu_s, memory_bytes=limits.memory_bytes)


def _refuse_failure(finished: Finished) -> None:
    refuse_our_faults(finished)
    if finished.is_timeout:
        raise CorruptFile("decoding it did not end in time.")
    if finished.exit_code < 0 or finished.exit_code == 256 - errno.ENOMEM:
        raise CorruptFile("decoding it took more memory or time than is allowed.")
    if finished.exit_code != 0:
        raise CorruptFile("its audio is damaged.")


def _check_count(pcm: Pcm, facts: SourceFacts, limits: MediaLimits) -> None:
    if pcm.sample_count == 0:
        raise CorruptFile("it holds no samples.")
    if pcm.sample_count > limits.max_duration_s * pcm.sample_rate:
        raise SourceTooLong(limits.max_duration_s)
    expected = _expected_samples(facts)
    if pcm.sample_count < expected:
        raise CorruptFile(
            f"it should hold {expected} samples, only {pcm.sample_count} can be decoded.",
            expectedSamples=expected,
            foundSamples=pcm.sample_count,
        )
