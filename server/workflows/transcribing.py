"""From a recording to what is said in it: listened to once, recognized chunk by chunk, stitched."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.jobs.model import Job
from server.jobs.records.jobs import JobRecords
from server.jobs.speech_model import SpeechChunk, SpeechRequest
from server.media.cutter import Tools
from server.media.facts import SourceFacts as MediaFacts
from server.media.probing.probe import probe
from server.media.speech_audio import SPEECH_RATE
from server.speech.chunks import Chunk, HeardChunk, hear_chunk, hear_language, plan_chunks, stitch
from server.speech.heard_json import from_json, to_json
from server.speech.listening import SpeechDetector
from server.speech.models import Model, Models
from server.speech.options import AUTO, Diarization, OperatingPoint, SpeechOptions, read_options
from server.speech.recognizer import Samples, Task
from server.speech.sound import Sound, samples_of
from server.speech.transcript import Transcript
from server.speech.vocabulary import respelled
from server.speech.windows import Window, plan_windows
from server.workflows.recognizers import Recognizers
from server.workflows.reporter import Reporter
from server.workflows.scratch import ScratchFolder
from server.workflows.sounds import SAMPLE_BYTES, decode_sounds, store_sounds
from storage.interface import ObjectStore
from storage.keys import sound_key, work_prefix


@dataclass(frozen=True, slots=True)
class Decoded:
    """A recording as it is listened to: the sound of every channel that is heard apart, and what it is."""

    source: Path
    facts: MediaFacts
    sounds: tuple[Sound, ...]


@dataclass(frozen=True, slots=True)
class Transcribing:
    """What transcribing works with. One value serves every job of a worker, of whatever kind."""

    records: JobRecords[Any]
    store: ObjectStore
    tools: Tools
    detector: SpeechDetector
    models: Models
    recognizers: Recognizers

    async def decode(
        self, speech: SpeechRequest, source: Path, folder: ScratchFolder, reporter: Reporter
    ) -> Decoded:
        """Every channel that is to be heard, in scratch."""
        options = read_options(speech.transcription_config)
        facts = await probe(source, self.tools.limits, self.tools.prober)
        by_channel = options.diarization is Diarization.CHANNEL
        channels = list(range(facts.channels)) if by_channel else [None]
        sounds = await decode_sounds(source, facts, channels, self.tools, folder, reporter)
        return Decoded(source, facts, sounds)

    async def divide(self, job: Job[Any], speech: SpeechRequest, decoded: Decoded) -> tuple[SpeechChunk, ...]:
        """The recording is listened to and divided into chunks, which are on record; its sound is stored."""
        options, sounds = read_options(speech.transcription_config), decoded.sounds
        windows = [plan_windows(await self.detector.listen(sound)) for sound in sounds]
        language = await self._language(speech, options, sounds, windows)
        chunks = tuple(
            _row_of(chunk, channel)
            for channel, (sound, spoken) in enumerate(zip(sounds, windows, strict=True))
            for chunk in plan_chunks(spoken, sound.sample_count)
        )
        heard = {chunk.channel for chunk in chunks}
        await store_sounds(self.store, job, [(channel, sounds[channel]) for channel in sorted(heard)])
        samples = max(sound.sample_count for sound in sounds)
        await self.records.plan_chunks(job.id, chunks, samples, SPEECH_RATE, language)
        return chunks

    async def hear(self, job: Job[Any], speech: SpeechRequest, channel: int, index: int) -> None:
        """What is said in one chunk is on record. What an earlier try has heard is not heard again."""
        chunk = await self.records.chunk(job.id, channel, index)
        if chunk.heard is not None:
            return
        options = read_options(speech.transcription_config)
        recognizer = await self.recognizers.get(self._model(speech, options))
        task = Task(language=_language_of(job, options), vocabulary=options.hints)
        samples = [await self._samples(job, chunk, window) for window in chunk.windows]
        label = _label(channel) if options.diarization is Diarization.CHANNEL else None
        heard = await hear_chunk(recognizer, samples, _chunk_of(chunk), task, channel=label)
        await self.records.record_heard(job.id, channel, index, json.loads(to_json(heard)))

    async def transcript(self, job: Job[Any], speech: SpeechRequest) -> Transcript:
        """Of the whole recording, once every chunk of it is heard."""
        options = read_options(speech.transcription_config)
        chunks = await self.records.chunks(job.id)
        return await asyncio.to_thread(_stitched, chunks, job, options)

    async def forget_sound(self, job: Job[Any]) -> None:
        """Nobody hears it any more."""
        await self.store.delete_prefix(work_prefix(job.account_id, job.id))

    def _model(self, speech: SpeechRequest, options: SpeechOptions) -> Model:
        is_enhanced = options.operating_point is OperatingPoint.ENHANCED
        return self.models.choose(speech.model_code or None, is_enhanced=is_enhanced)

    async def _language(
        self,
        speech: SpeechRequest,
        options: SpeechOptions,
        sounds: Sequence[Sound],
        windows: Sequence[list[Window]],
    ) -> str:
        """As asked for, or as heard in the first channel that is spoken in."""
        if options.language != AUTO:
            return options.language
        spoken = [(sound, found) for sound, found in zip(sounds, windows, strict=True) if found]
        if not spoken:
            return "en"
        recognizer = await self.recognizers.get(self._model(speech, options))
        return await hear_language(recognizer, *spoken[0])

    async def _samples(self, job: Job[Any], chunk: SpeechChunk, window: tuple[int, int]) -> Samples:
        """Of one window: the silence between windows can be as long as the recording."""
        key = sound_key(job.account_id, job.id, chunk.channel)
        offset, end = (SAMPLE_BYTES * sample for sample in window)
        parts = [part async for part in self.store.get(key, offset=offset, length=end - offset)]
        return samples_of(b"".join(parts))


def _language_of(job: Job[Any], options: SpeechOptions) -> str:
    """What it is transcribed as, known since its chunks were planned."""
    heard = (job.outcome or {}).get("language")
    return str(heard or options.language)


def _stitched(chunks: Sequence[SpeechChunk], job: Job[Any], options: SpeechOptions) -> Transcript:
    source = job.source
    rate = (source.sample_rate if source else None) or 1
    duration_ms = ((source.sample_count if source else None) or 0) * 1000 // rate
    heard = [_heard(chunk) for chunk in chunks]
    transcript = stitch(heard, language=_language_of(job, options), duration_ms=duration_ms)
    return respelled(transcript, options.vocabulary)


def _row_of(chunk: Chunk, channel: int) -> SpeechChunk:
    return SpeechChunk(
        channel=channel,
        index=chunk.index,
        first_sample=chunk.first_sample,
        sample_count=chunk.end_sample - chunk.first_sample,
        windows=tuple((window.first_sample, window.end_sample) for window in chunk.windows),
    )


def _chunk_of(row: SpeechChunk) -> Chunk:
    windows = tuple(Window(first, end) for first, end in row.windows)
    return Chunk(row.index, row.first_sample, row.first_sample + row.sample_count, windows)


def _heard(row: SpeechChunk) -> HeardChunk:
    if row.heard is None:
        raise RuntimeError("a chunk was not heard")
    return from_json(json.dumps(row.heard).encode())


def _label(channel: int) -> str:
    return f"channel_{channel + 1}"
