"""Listens to a whole source once and says where it pauses."""

import asyncio
from contextlib import suppress
from pathlib import Path
from threading import Event

from server.media.decoder import Decoder
from server.media.facts import MediaLimits, SourceFacts
from server.media.pcm import Pcm
from server.media.silence.levels import Levels, OnSamples, SampleKind, measure_levels
from server.media.silence.pauses import Pauses, pauses_of
from server.media.silence.source_levels import measure_source
from server.media.threads import in_thread
from server.media.wav import WavHeaderError, read_header
from zerokerf.errors import CorruptFile
from zerokerf.formats import Format


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
    finished, levels = await measure_source(
        path, facts, facts.sample_format, folder, decoder, limits, on_progress
    )
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
