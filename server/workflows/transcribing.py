"""From a recording to its transcripts: listened to once, recognized chunk by chunk, stitched and written."""

import asyncio
import json
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from server.database.clock import utc_now
from server.jobs.batch_model import BatchChunk, BatchJob
from server.jobs.batch_records import BatchRecords
from server.jobs.model import SourceFacts
from server.media.cutter import Tools
from server.media.facts import SourceFacts as MediaFacts
from server.media.integrity import integrity_notes
from server.media.integrity_scan import read_integrity
from server.media.probe import probe
from server.media.speech_audio import SPEECH_RATE, decode_for_speech
from server.speech.chunks import Chunk, HeardChunk, hear_chunk, hear_language, plan_chunks, stitch
from server.speech.format_json import JobFacts
from server.speech.heard_json import from_json, to_json
from server.speech.listening import SpeechDetector
from server.speech.models import Model, Models
from server.speech.options import AUTO, Diarization, OperatingPoint, SpeechOptions, read_options
from server.speech.recognizer import Task
from server.speech.sound import Sound
from server.speech.transcript import Transcript
from server.speech.transcript_blocks import BlockShape
from server.speech.transcript_formats import MEDIA_TYPES, TranscriptFormat, transcript_file
from server.speech.vocabulary import respelled
from server.speech.windows import Window, plan_windows
from server.workflows.recognizers import Recognizers
from server.workflows.reporter import Reporter
from server.workflows.scratch import ScratchFolder
from storage.interface import ObjectStore
from storage.keys import sound_key, transcript_key, work_prefix

_SAMPLE_BYTES = 2
_ENGINE = "zerokerf"


@dataclass(frozen=True, slots=True)
class Transcribing:
    """What transcribing works with. One value serves every job of a worker."""

    records: BatchRecords
    store: ObjectStore
    tools: Tools
    detector: SpeechDetector
    models: Models
    recognizers: Recognizers

    async def prepare(
        self, job: BatchJob, source: Path, folder: ScratchFolder, reporter: Reporter
    ) -> tuple[BatchChunk, ...]:
        """Every channel that is to be heard is decoded, listened to, stored, and divided into chunks."""
        facts = await probe(source, self.tools.limits, self.tools.prober)
        hearing = _Hearing(self, job, source, facts, folder, reporter)
        return await hearing.run()

    async def hear(self, job: BatchJob, channel: int, index: int, folder: ScratchFolder) -> None:
        """What is said in one chunk is on record. What an earlier try has heard is not heard again."""
        chunk = await self.records.chunk(job.id, channel, index)
        if chunk.heard is not None:
            return
        options = read_options(job.request.transcription_config)
        recognizer = await self.recognizers.get(self.model_of(job, options))
        task = Task(language=language_of(job, options), vocabulary=options.hints)
        sound = await self._stretch_of(job, chunk, folder.path / "chunk.wav")
        label = _label(channel) if options.diarization is Diarization.CHANNEL else None
        heard = await hear_chunk(recognizer, sound, _chunk_of(chunk), task, channel=label)
        await self.records.record_heard(job.id, channel, index, json.loads(to_json(heard)))

    async def write(self, job: BatchJob, reporter: Reporter) -> None:
        """Every transcript is stored, then the record says so."""
        reporter.writing()
        options = read_options(job.request.transcription_config)
        heard = [_heard(chunk) for chunk in await self.records.chunks(job.id)]
        transcript = await asyncio.to_thread(_stitched, heard, job, options)
        await self._store(job, transcript)
        await self.store.delete_prefix(work_prefix(job.account_id, job.id))
        outcome = {"word_count": len(transcript.words), "language": transcript.language}
        await self.records.complete(job.id, outcome)

    def model_of(self, job: BatchJob, options: SpeechOptions) -> Model:
        is_enhanced = options.operating_point is OperatingPoint.ENHANCED
        return self.models.choose(job.request.model_code or None, is_enhanced=is_enhanced)

    async def _stretch_of(self, job: BatchJob, chunk: BatchChunk, path: Path) -> Sound:
        """The samples of one chunk, in scratch."""
        key = sound_key(job.account_id, job.id, chunk.channel)
        offset, length = _SAMPLE_BYTES * chunk.first_sample, _SAMPLE_BYTES * chunk.sample_count
        parts = [part async for part in self.store.get(key, offset=offset, length=length)]
        await asyncio.to_thread(_write_wav, path, parts)
        return Sound(path, chunk.sample_count, chunk.first_sample)

    async def _store(self, job: BatchJob, transcript: Transcript) -> None:
        facts, shape = _facts_of(job), _shape_of(job)
        for wanted in TranscriptFormat:
            data = await asyncio.to_thread(transcript_file, wanted, transcript, facts, shape)
            key = transcript_key(job.account_id, job.id, job.public_id or job.id, wanted)
            await self.store.put(key, data, content_type=MEDIA_TYPES[wanted])


@dataclass(frozen=True, slots=True)
class _Hearing:
    """One recording, probed, on its way to chunks."""

    parts: Transcribing
    job: BatchJob
    source: Path
    facts: MediaFacts
    folder: ScratchFolder
    reporter: Reporter

    async def run(self) -> tuple[BatchChunk, ...]:
        options = read_options(self.job.request.transcription_config)
        by_channel = options.diarization is Diarization.CHANNEL
        channels = list(range(self.facts.channels)) if by_channel else [None]
        self.folder.reserve(self.facts.size_bytes + self._heard_bytes(len(channels)))
        sounds = [await self._sound(channel, len(channels)) for channel in channels]
        await self._record_facts(sounds[0])
        windows = [plan_windows(await self.parts.detector.listen(sound)) for sound in sounds]
        language = await self._language(options, sounds, windows)
        chunks = tuple(
            _row_of(chunk, channel)
            for channel, (sound, spoken) in enumerate(zip(sounds, windows, strict=True))
            for chunk in plan_chunks(spoken, sound.sample_count)
        )
        await self._store(sounds, chunks)
        # Channels run side by side: so many samples make a second of the recording.
        rate = SPEECH_RATE * len(sounds)
        total = sum(sound.sample_count for sound in sounds)
        await self.parts.records.plan_chunks(self.job.id, chunks, total, rate, language)
        return chunks

    async def _sound(self, channel: int | None, count: int) -> Sound:
        tools, path = self.parts.tools, self.folder.path / f"sound-{channel or 0}.wav"
        expected = count * (self.facts.duration_hint_samples or 0) * SPEECH_RATE // self.facts.sample_rate

        def on_samples(samples: int) -> None:
            self.reporter.decoded((channel or 0) * expected // count + samples, expected)

        await decode_for_speech(
            self.source, self.facts, channel, path, tools.decoder, tools.limits, on_samples
        )
        return await asyncio.to_thread(Sound.open, path)

    async def _record_facts(self, sound: Sound) -> None:
        facts, source = self.facts, self.job.source
        integrity = await asyncio.to_thread(read_integrity, self.source, facts)
        found = sound.sample_count * facts.sample_rate // SPEECH_RATE
        known = SourceFacts(
            file_name=source.file_name if source else "source",
            format=facts.format,
            sample_rate=facts.sample_rate,
            channels=facts.channels,
            sample_count=found,
        )
        notes = integrity_notes(integrity, found) if integrity.is_truncated else ()
        await self.parts.records.record_source(self.job.id, known, notes)

    async def _language(
        self, options: SpeechOptions, sounds: Sequence[Sound], windows: Sequence[list[Window]]
    ) -> str:
        """As asked for, or as heard in the first channel that is spoken in."""
        if options.language != AUTO:
            return options.language
        spoken = [(sound, found) for sound, found in zip(sounds, windows, strict=True) if found]
        if not spoken:
            return "en"
        recognizer = await self.parts.recognizers.get(self.parts.model_of(self.job, options))
        return await hear_language(recognizer, *spoken[0])

    async def _store(self, sounds: Sequence[Sound], chunks: Sequence[BatchChunk]) -> None:
        """Raw samples, so that any worker can read the stretch of its chunk and nothing else."""
        for channel, sound in enumerate(sounds):
            if not any(chunk.channel == channel for chunk in chunks):
                continue
            raw = sound.path.with_suffix(".pcm")
            await asyncio.to_thread(_write_raw, sound, raw)
            key = sound_key(self.job.account_id, self.job.id, channel)
            await self.parts.store.put(key, raw, content_type="application/octet-stream")
            await asyncio.to_thread(raw.unlink)

    def _heard_bytes(self, channels: int) -> int:
        """Of what is decoded, once as it is heard and once as it is stored."""
        length = (self.facts.duration_hint_samples or 0) * SPEECH_RATE // self.facts.sample_rate
        return 2 * channels * _SAMPLE_BYTES * length


def language_of(job: BatchJob, options: SpeechOptions) -> str:
    """What it is transcribed as, known since its chunks were planned."""
    heard = (job.outcome or {}).get("language")
    return str(heard or options.language)


def _stitched(heard: Sequence[HeardChunk], job: BatchJob, options: SpeechOptions) -> Transcript:
    source = job.source
    rate = (source.sample_rate if source else None) or 1
    duration_ms = ((source.sample_count if source else None) or 0) * 1000 // rate
    transcript = stitch(heard, language=language_of(job, options), duration_ms=duration_ms)
    return respelled(transcript, options.vocabulary)


def _facts_of(job: BatchJob) -> JobFacts:
    return JobFacts(
        job_id=job.public_id or job.id,
        created_at=job.created_at,
        data_name=job.source.file_name if job.source else "",
        finished_at=utc_now(),
        transcription_config=job.request.transcription_config,
        engine_version=_ENGINE,
        tracking=job.request.tracking,
        output_config=job.request.output_config,
    )


def _shape_of(job: BatchJob) -> BlockShape:
    overrides = (job.request.output_config or {}).get("srt_overrides") or {}
    usual = BlockShape()
    return BlockShape(
        max_line_length=overrides.get("max_line_length") or usual.max_line_length,
        max_lines=overrides.get("max_lines") or usual.max_lines,
    )


def _row_of(chunk: Chunk, channel: int) -> BatchChunk:
    return BatchChunk(
        channel=channel,
        index=chunk.index,
        first_sample=chunk.first_sample,
        sample_count=chunk.end_sample - chunk.first_sample,
        windows=tuple((window.first_sample, window.end_sample) for window in chunk.windows),
    )


def _chunk_of(row: BatchChunk) -> Chunk:
    windows = tuple(Window(first, end) for first, end in row.windows)
    return Chunk(row.index, row.first_sample, row.first_sample + row.sample_count, windows)


def _heard(row: BatchChunk) -> HeardChunk:
    if row.heard is None:
        raise RuntimeError("a chunk was not heard")
    return from_json(json.dumps(row.heard).encode())


def _label(channel: int) -> str:
    return f"channel_{channel + 1}"


def _write_wav(path: Path, parts: Sequence[bytes]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(_SAMPLE_BYTES)
        file.setframerate(SPEECH_RATE)
        for part in parts:
            file.writeframesraw(part)


def _write_raw(sound: Sound, path: Path) -> None:
    with wave.open(str(sound.path), "rb") as file, path.open("wb") as raw:
        while data := file.readframes(1 << 19):
            raw.write(data)
