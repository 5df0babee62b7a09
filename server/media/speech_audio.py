"""Decodes a recording into what recognizers hear: one channel of 16 bits at 16 kHz, as a WAV file."""

from pathlib import Path

import ffmpeg

from server.media.decode import OnSamples
from server.media.decoder import PROGRESS, QUIET, Decoder, source_options
from server.media.facts import MediaLimits, SourceFacts
from server.media.run import RunLimits, refuse_our_faults, run
from server.media.wav import WavHeaderError, read_header
from zerokerf.errors import CorruptFile, SourceTooLong

SPEECH_RATE = 16_000
#: A WAV file of what is heard has to stay below 4 GiB.
MAX_SPEECH_S = 24 * 3600


async def decode_for_speech(
    source: Path,
    facts: SourceFacts,
    channel: int | None,
    output: Path,
    decoder: Decoder,
    limits: MediaLimits,
    on_samples: OnSamples,
) -> int:
    """How many samples were written. Without a channel, all are mixed into one. `on_samples` counts those
    that are done. Raises CorruptFile for a source without a sample, SourceTooLong."""
    argv = _argv(source, facts, channel, output, decoder)
    finished = await run(
        argv,
        folder=output.parent,
        limits=RunLimits(wall_s=limits.cpu_s, cpu_s=limits.cpu_s, memory_bytes=limits.memory_bytes),
        on_time=lambda microseconds: on_samples(microseconds * SPEECH_RATE // 1_000_000),
    )
    refuse_our_faults(finished)
    if finished.is_timeout:
        raise CorruptFile("decoding it did not end in time.")
    try:
        found = read_header(output).found_samples
    except (WavHeaderError, FileNotFoundError) as error:
        raise CorruptFile("its audio is damaged.") from error
    if found == 0:
        raise CorruptFile("it holds no samples.")
    if found > MAX_SPEECH_S * SPEECH_RATE:
        raise SourceTooLong(MAX_SPEECH_S)
    on_samples(found)
    return found


def _argv(source: Path, facts: SourceFacts, channel: int | None, output: Path, decoder: Decoder) -> list[str]:
    stream = ffmpeg.input(f"file:{source.absolute()}", threads=1, **source_options(facts.demuxer))
    options: dict[str, object] = {"ac": 1} if channel is None else {"af": f"pan=mono|c0=c{channel}"}
    command = stream[f"a:{facts.stream_index}"].output(
        f"file:{output.absolute()}",
        f="wav",
        acodec="pcm_s16le",
        ar=SPEECH_RATE,
        t=MAX_SPEECH_S + 1,
        map_metadata=-1,
        fflags="+bitexact",
        **options,
    )
    argv: list[str] = command.global_args(*QUIET, *PROGRESS).compile(cmd=str(decoder.binary))
    return argv
