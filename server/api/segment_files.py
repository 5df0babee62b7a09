"""The files of a completed split job, with links to them: its segments, and what is said in them."""

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
            message.transcripts.extend(
                [each async for each in self._transcripts(segment.transcripts, key_of)]
            )
            yield message

    async def transcripts(self, job: SplitJob) -> AsyncIterator[split_pb2.TranscriptFile]:
        """Of the whole recording."""
        stored = transcripts_of((job.outcome or {}).get("transcripts"))
        key_of = partial(split_transcript_key, job.account_id, job.id)
        async for each in self._transcripts(stored, key_of):
            yield each

    async def _transcripts(
        self, stored: tuple[StoredTranscript, ...], key_of: Callable[[str], str]
    ) -> AsyncIterator[split_pb2.TranscriptFile]:
        for each in stored:
            kind = MEDIA_TYPES[TranscriptFormat(each.format)]
            link = await self.signer.sign_get(
                key_of(each.format), LINK_LIFE, filename=each.file_name, content_type=kind
            )
            yield transcript_message(each, kind, link)
