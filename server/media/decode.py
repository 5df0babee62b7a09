"""Turns a source into its exact samples, once, in a scratch file, and counts them.

Lossy sources become 16 bit, which is what every lossless output of them then holds; integer sources keep
every bit and float PCM stays float. A plain PCM WAV is used where it lies, without a copy.
"""

import asyncio
import errno
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import ffmpeg

from server.media.decoder import PROGRESS, QUIET, Decoder, source_options
from server.media.facts import MediaLimits, SourceFacts
from server.media.integrity import Integrity
from server.media.integrity_scan import read_integrity
from server.media.pcm import Pcm
from server.media.run import Finished, RunLimits, refuse_our_faults, run
from server.media.wav import WavHeader, WavHeaderError, read_header
from zerokerf.errors import CorruptFile, SourceTooLong
from zerokerf.formats import Format

#: Called with the number of samples done so far; it only rises.
OnSamples = Callable[[int], None]

_TO_THE_END = ("-max_error_rate", "1")  # however much of it is damaged
_SLACK_SAMPLES = 4096  # containers of lossy codecs are off by a frame or two even when whole


@dataclass(frozen=True, slots=True)
class Decoded:
    """What could be decoded, and how whole it was: compare `integrity` with `pcm.sample_count`."""

    pcm: Pcm
    integrity: Integrity


async def decode(
    path: Path,
    facts: SourceFacts,
    folder: Path,
    decoder: Decoder,
    limits: MediaLimits,
    on_progress: OnSamples | None = None,
) -> Decoded:
    """Every sample of the chosen stream that there is. Raises CorruptFile if there is none, SourceTooLong."""
    integrity = await asyncio.to_thread(read_integrity, path, facts)
    pcm = await asyncio.to_thread(_pcm_in_place, path, facts)
    if pcm is None:
        pcm, finished = await _decode_to_scratch(path, facts, folder, decoder, limits, on_progress)
        integrity = _heard(integrity, finished, facts.codec)
    _check_count(pcm, limits)
    if on_progress:
        on_progress(pcm.sample_count)
    return Decoded(pcm, _judged(integrity, facts, pcm.sample_count))


def _heard(integrity: Integrity, finished: Finished, codec: str) -> Integrity:
    """A decoder that gives up has left out the rest; one that does not says so and nothing else."""
    return replace(
        integrity,
        is_truncated=integrity.is_truncated or finished.exit_code != 0,
        is_garbled=any(map(partial(_is_about_audio, codec), finished.stderr.splitlines())),
    )


def _is_about_audio(codec: str, line: str) -> bool:
    """Covers and chapters are read as well, and may be damaged without any harm."""
    return line.startswith(f"[{codec}") or "CRC mismatch" in line


def _judged(integrity: Integrity, facts: SourceFacts, found_samples: int) -> Integrity:
    """Where the exact length is not known, the one announced; nothing is missing where all that is there."""
    expected = integrity.expected_samples
    if expected is None:
        announced, slack = _announced(integrity, facts)
        expected = announced if announced - slack > found_samples else None
    is_there = expected is not None and found_samples >= expected
    return replace(integrity, expected_samples=expected, is_truncated=integrity.is_truncated and not is_there)


def _announced(integrity: Integrity, facts: SourceFacts) -> tuple[int, int]:
    """Samples, and by how many of them a whole file may be off; none where that would be a guess."""
    is_damaged = bool(integrity.resyncs) or integrity.is_truncated
    announced = facts.claimed_samples
    if announced is None and facts.format is Format.M4A:
        announced = facts.duration_hint_samples
    if announced is not None:
        return announced, 0 if is_damaged else _SLACK_SAMPLES
    return (facts.duration_hint_samples or 0) if facts.demuxer == "ogg" and is_damaged else 0, _SLACK_SAMPLES


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
) -> tuple[Pcm, Finished]:
    scratch = folder / "decoded.wav"

    def on_time(microseconds: int) -> None:
        if on_progress:
            on_progress(microseconds * facts.sample_rate // 1_000_000)

    argv = _argv(path, scratch, facts, decoder, limits)
    finished = await run(argv, folder=folder, limits=_run_limits(limits), on_time=on_time)
    _refuse_failure(finished)
    try:
        return _pcm_of(scratch, await asyncio.to_thread(read_header, scratch)), finished
    except (OSError, WavHeaderError) as error:
        raise CorruptFile("its audio is damaged.") from error


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
    argv: list[str] = output.global_args(*QUIET, *PROGRESS, *_TO_THE_END).compile(cmd=str(decoder.binary))
    return argv


def _run_limits(limits: MediaLimits) -> RunLimits:
    return RunLimits(wall_s=limits.cpu_s, cpu_s=limits.cpu_s, memory_bytes=limits.memory_bytes)


def _refuse_failure(finished: Finished) -> None:
    refuse_our_faults(finished)
    if finished.is_timeout:
        raise CorruptFile("decoding it did not end in time.")
    if finished.exit_code < 0 or finished.exit_code == 256 - errno.ENOMEM:
        raise CorruptFile("decoding it took more memory or time than is allowed.")


def _check_count(pcm: Pcm, limits: MediaLimits) -> None:
    if pcm.sample_count == 0:
        raise CorruptFile("it holds no samples.")
    if pcm.sample_count > limits.max_duration_s * pcm.sample_rate:
        raise SourceTooLong(limits.max_duration_s)
