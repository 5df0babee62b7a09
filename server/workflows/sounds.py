"""The sound of a recording: as a recognizer hears it, decoded into scratch and stored for every worker."""

import asyncio
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from server.jobs.model import Job
from server.media.cutter import Tools
from server.media.facts import SourceFacts
from server.media.speech_audio import SPEECH_RATE, decode_for_speech
from server.speech.sound import Sound
from server.workflows.reporter import Reporter
from server.workflows.scratch import ScratchFolder
from storage.interface import ObjectStore
from storage.keys import sound_key

SAMPLE_BYTES = 2


async def decode_sounds(
    source: Path,
    facts: SourceFacts,
    channels: Sequence[int | None],
    tools: Tools,
    folder: ScratchFolder,
    reporter: Reporter,
) -> tuple[Sound, ...]:
    """Each of the channels; None stands for all of them together."""
    samples = (facts.duration_hint_samples or 0) * SPEECH_RATE // facts.sample_rate
    # What is decoded lies there once as it is heard and once as it is stored.
    folder.reserve(facts.size_bytes + 2 * len(channels) * SAMPLE_BYTES * samples)
    sounds = []
    for place, channel in enumerate(channels):
        path = folder.path / f"sound-{place}.wav"
        on_samples = _telling(reporter, place * samples, len(channels) * samples)
        await decode_for_speech(source, facts, channel, path, tools.decoder, tools.limits, on_samples)
        sounds.append(await asyncio.to_thread(Sound.open, path))
    return tuple(sounds)


async def store_sounds(store: ObjectStore, job: Job[Any], sounds: Sequence[tuple[int, Sound]]) -> None:
    """Raw samples, so that any worker can read the stretch of its chunk and nothing else."""
    for channel, sound in sounds:
        raw = sound.path.with_suffix(".pcm")
        await asyncio.to_thread(_write_raw, sound, raw)
        key = sound_key(job.account_id, job.id, channel)
        await store.put(key, raw, content_type="application/octet-stream")
        await asyncio.to_thread(raw.unlink)


def _telling(reporter: Reporter, before: int, expected: int) -> Callable[[int], None]:
    return lambda samples: reporter.decoded(before + samples, expected)


def _write_raw(sound: Sound, path: Path) -> None:
    with wave.open(str(sound.path), "rb") as file, path.open("wb") as raw:
        while data := file.readframes(1 << 19):
            raw.write(data)
