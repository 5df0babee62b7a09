"""The files of a completed split job, with links to them: its segments, and what is said in them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from server.api.convert import segment_message, transcript_message
from server.api.link_life import link_life
from server.database.clock import Clock, utc_now
from server.jobs.model import SplitJob, StoredSegment
from server.jobs.records.segments import transcripts_of
from server.jobs.speech_model import StoredTranscript
from server.speech.transcript_formats import MEDIA_TYPES, TranscriptFormat
from storage.interface import SignedUrl, UrlSigner
from storage.keys import file_name_of, segment_key, split_transcript_key
from zerokerf.formats import Format
from zerokerf.v1 import split_pb2

LINK_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SegmentFiles:
    """Files that are kept no longer are named still, without links."""

    signer: UrlSigner
    clock: Clock = utc_now

    async def segments(
        self, job: SplitJob, segments: tuple[StoredSegment, ...]
    ) -> AsyncIterator[split_pb2.Segment]:
        if job.source is None or job.output_format is None:
            return
        kind, life = Format(job.output_format), self._life(job)
        for segment in segments:
            key_of = partial(segment_key, job.account_id, job.id, segment.index)
            key = key_of(kind.extension)
            name = file_name_of(key)
            link = await self._link(key, life, name, kind.content_type)
            message = segment_message(segment, job.source, name, kind.content_type, link)
            message.transcripts.extend(await self._transcripts(segment.transcripts, key_of, life))
            yield message

    async def transcripts(self, job: SplitJob) -> list[split_pb2.TranscriptFile]:
        """Of the whole recording."""
        stored = transcripts_of((job.outcome or {}).get("transcripts"))
        key_of = partial(split_transcript_key, job.account_id, job.id)
        return await self._transcripts(stored, key_of, self._life(job))

    async def _transcripts(
        self, stored: tuple[StoredTranscript, ...], key_of: Callable[[str], str], life: timedelta | None
    ) -> list[split_pb2.TranscriptFile]:
        # At once: of 20,000 links, a quarter of the time is the way to the signer and back.
        return await asyncio.gather(*(self._transcript(each, key_of(each.format), life) for each in stored))

    async def _transcript(
        self, stored: StoredTranscript, key: str, life: timedelta | None
    ) -> split_pb2.TranscriptFile:
        kind = MEDIA_TYPES[TranscriptFormat(stored.format)]
        return transcript_message(stored, kind, await self._link(key, life, stored.file_name, kind))

    def _life(self, job: SplitJob) -> timedelta | None:
        return link_life(job, LINK_LIFE, self.clock())

    async def _link(
        self, key: str, life: timedelta | None, file_name: str, content_type: str
    ) -> SignedUrl | None:
        if life is None:
            return None
        return await self.signer.sign_get(key, life, filename=file_name, content_type=content_type)
