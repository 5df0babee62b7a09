"""A transcript on its way into the store: every format, each under its key."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from server.database.clock import utc_now
from server.jobs.model import Job
from server.jobs.speech_model import SpeechRequest, StoredTranscript
from server.speech.format_json import JobFacts
from server.speech.transcript import Transcript
from server.speech.transcript_blocks import BlockShape
from server.speech.transcript_formats import MEDIA_TYPES, TranscriptFormat, transcript_file
from storage.interface import ObjectStore
from storage.keys import file_name_of

_ENGINE = "zerokerf"


@dataclass(frozen=True, slots=True)
class TranscriptStoring:
    """For the transcripts of one job."""

    store: ObjectStore
    job: Job[Any]
    speech: SpeechRequest

    async def put(
        self, transcript: Transcript, data_name: str, key_of: Callable[[str], str]
    ) -> tuple[StoredTranscript, ...]:
        """`data_name` is what was transcribed; `key_of` makes a key that ends with a format."""
        facts, shape = self._facts(data_name), self._shape()
        stored = []
        for wanted in TranscriptFormat:
            data = await asyncio.to_thread(transcript_file, wanted, transcript, facts, shape)
            sha256 = await asyncio.to_thread(hashlib.sha256, data)
            key = key_of(wanted)
            await self.store.put(key, data, content_type=MEDIA_TYPES[wanted])
            stored.append(StoredTranscript(wanted, file_name_of(key), len(data), sha256.hexdigest()))
        return tuple(stored)

    def _facts(self, data_name: str) -> JobFacts:
        job, speech = self.job, self.speech
        return JobFacts(
            job_id=job.public_id or job.id,
            created_at=job.created_at,
            data_name=data_name,
            finished_at=utc_now(),
            transcription_config=speech.transcription_config,
            engine_version=_ENGINE,
            tracking=speech.tracking,
            output_config=speech.output_config,
        )

    def _shape(self) -> BlockShape:
        overrides = (self.speech.output_config or {}).get("srt_overrides") or {}
        usual = BlockShape()
        return BlockShape(
            max_line_length=overrides.get("max_line_length") or usual.max_line_length,
            max_lines=overrides.get("max_lines") or usual.max_lines,
        )
