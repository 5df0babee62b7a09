"""The files of a completed split job, with links to them: its segments, and what is said in them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from server.api.convert import segment_message, transcript_message
from server.jobs.model import SplitJob, StoredSegment
from server.jobs.speech_model import StoredTranscript
from server.jobs.split_rows import transcripts_of
from server.speech.transcript_formats import MEDIA_TYPES, TranscriptFormat
from storage.interface import UrlSigner
from storage.keys import file_name_of, segment_key, split_transcript_key
from zerokerf.formats import Format
from zerokerf.v1 import split_pb2

LINK_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SegmentFiles:
    signer: UrlSigner

    async def segments(
        self, job: SplitJob, segments: tuple[StoredSegment, ...]
    ) -> AsyncIterator[split_pb2.Segment]:
        if job.source is None or job.output_format is None:
            return
        kind = Format(job.output_format)
        for segment in segments:
            key_of = partial(segment_key, job.account_id, job.id, segment.index)
            key = key_of(kind.extension)
            name = file_name_of(key)
            link = await self.signer.sign_get(key, LINK_LIFE, filename=name, content_type=kind.content_type)
            message = segment_message(segment, job.source, name, kind.content_type, link)
            message.transcripts.extend(await self._transcripts(segment.transcripts, key_of))
            yield message

    async def transcripts(self, job: SplitJob) -> list[split_pb2.TranscriptFile]:
        """Of the whole recording."""
        stored = transcripts_of((job.outcome or {}).get("transcripts"))
        return await self._transcripts(stored, partial(split_transcript_key, job.account_id, job.id))

    async def _transcripts(
        self, stored: tuple[StoredTranscript, ...], key_of: Callable[[str], str]
    ) -> list[split_pb2.TranscriptFile]:
        # At once: of 20,000 links, a quarter of the time is the way to the signer and back.
        return await asyncio.gather(*(self._transcript(each, key_of(each.format)) for each in stored))

    async def _transcript(self, stored: StoredTranscript, key: str) -> split_pb2.TranscriptFile:
        kind = MEDIA_TYPES[TranscriptFormat(stored.format)]
        link = await self.signer.sign_get(key, LINK_LIFE, filename=stored.file_name, content_type=kind)
        return transcript_message(stored, kind, link)
