"""What a transcription job's steps do. Each may run twice: its effects land on fixed rows and keys."""

import asyncio
from dataclasses import dataclass
from functools import partial

import structlog
from temporalio import activity

from server.jobs.batch.model import BatchJob, BatchRequest
from server.jobs.batch.records import BatchRecords
from server.jobs.model import SourceFacts
from server.media.integrity import integrity_notes
from server.media.integrity_scan import read_integrity
from server.media.speech_audio import SPEECH_RATE
from server.workflows.messages import ChunkRef, FailedJob, JobRef
from server.workflows.steps import Steps
from server.workflows.transcribing import Decoded, Transcribing
from server.workflows.transcript_storing import TranscriptStoring
from storage.keys import transcript_key

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BatchParts:
    """What activities work with."""

    records: BatchRecords
    steps: Steps[BatchRequest]
    transcribing: Transcribing


class BatchActivities:
    def __init__(self, parts: BatchParts) -> None:
        self._records = parts.records
        self._steps = parts.steps
        self._transcribing = parts.transcribing

    @activity.defn(name="batch.fetch")
    async def fetch(self, ref: JobRef) -> None:
        await self._steps.fetch(ref)

    @activity.defn(name="batch.prepare")
    async def prepare(self, ref: JobRef) -> list[ChunkRef]:
        """The recording is divided into chunks, which are on record; what there is to hear is stored."""
        async with self._steps.working(ref, "prepare") as work:
            path = await self._steps.source_of(work)
            speech = work.job.request.speech
            decoded = await self._transcribing.decode(speech, path, work.folder, work.reporter)
            await self._record_facts(work.job, decoded)
            chunks = await self._transcribing.divide(work.job, speech, decoded)
            return [ChunkRef(ref, chunk.channel, chunk.index) for chunk in chunks]

    @activity.defn(name="batch.hear")
    async def hear(self, ref: ChunkRef) -> None:
        """What is said in the chunk is on record."""
        async with self._steps.working(ref.job, f"hear-{ref.channel}-{ref.index}") as work:
            speech = work.job.request.speech
            await self._transcribing.hear(work.job, speech, ref.channel, ref.index)

    @activity.defn(name="batch.write")
    async def write(self, ref: JobRef) -> None:
        """Every transcript is stored, and the record says so."""
        async with self._steps.working(ref, "write") as work:
            work.reporter.writing()
            await self._write(work.job)
            await self._steps.afterwards.job_ended(ref.account_id, ref.job_id)
            log.info("job completed", action="complete", job_id=ref.job_id, account_id=ref.account_id)

    @activity.defn(name="batch.fail")
    async def fail(self, failed: FailedJob) -> None:
        await self._steps.fail(failed)

    async def _record_facts(self, job: BatchJob, decoded: Decoded) -> None:
        facts, sound = decoded.facts, decoded.sounds[0]
        integrity = await asyncio.to_thread(read_integrity, decoded.source, facts)
        found = sound.sample_count * facts.sample_rate // SPEECH_RATE
        known = SourceFacts(
            file_name=job.source.file_name if job.source else "source",
            format=facts.format,
            sample_rate=facts.sample_rate,
            channels=facts.channels,
            sample_count=found,
        )
        notes = integrity_notes(integrity, found) if integrity.is_truncated else ()
        await self._records.record_source(job.id, known, notes)

    async def _write(self, job: BatchJob) -> None:
        speech = job.request.speech
        transcript = await self._transcribing.transcript(job, speech)
        storing = TranscriptStoring(self._steps.store, job, speech)
        key_of = partial(transcript_key, job.account_id, job.id, job.public_id or job.id)
        stored = await storing.put(transcript, job.source.file_name if job.source else "", key_of)
        await self._transcribing.forget_sound(job)
        outcome = {"word_count": len(transcript.words), "language": transcript.language}
        await self._records.complete(job.id, outcome, sum(each.size_bytes for each in stored))
