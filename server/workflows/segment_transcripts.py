"""What is said in a recording and in each of its segments, written side by side with them."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from server.jobs.model import SplitJob, StoredSegment
from server.jobs.speech_model import SpeechRequest, StoredTranscript
from server.jobs.splits.records import SplitRecords
from server.media.in_order import in_order
from server.speech.slicing import Part, sliced
from server.speech.transcript import Transcript
from server.workflows.transcribing import Transcribing
from server.workflows.transcript_storing import TranscriptStoring
from storage.interface import ObjectStore
from storage.keys import file_name_of, segment_key, split_transcript_key
from zerokerf.formats import Format

#: Each is small: what takes time is the way to the store.
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class SegmentTranscripts:
    """What writing works with. One value serves every job of a worker."""

    records: SplitRecords
    store: ObjectStore
    transcribing: Transcribing

    async def write(self, job: SplitJob, speech: SpeechRequest) -> None:
        """Once every segment is stored and every chunk heard: all files are stored, then on record."""
        whole = await self.transcribing.transcript(job, speech)
        segments = await self.records.segments(job.id)
        storing = TranscriptStoring(self.store, job, speech)
        name = job.source.file_name if job.source else ""
        files = await storing.put(whole, name, partial(split_transcript_key, job.account_id, job.id))
        of_segments = await self._put_segments(storing, job, whole, segments)
        outcome = {"word_count": len(whole.words), "language": whole.language}
        await self.records.record_transcripts(job.id, files, of_segments, outcome)
        await self.transcribing.forget_sound(job)

    async def _put_segments(
        self,
        storing: TranscriptStoring,
        job: SplitJob,
        whole: Transcript,
        segments: Sequence[StoredSegment],
    ) -> dict[int, tuple[StoredTranscript, ...]]:
        rate = (job.source.sample_rate if job.source else None) or 1
        parts = [Part(each.first_sample, each.sample_count, each.overlap_samples) for each in segments]
        slices = await asyncio.to_thread(sliced, whole, parts, rate)
        works = (
            partial(_put_segment, storing, job, segment.index, transcript)
            for segment, transcript in zip(segments, slices, strict=True)
        )
        async with aclosing(in_order(works, _AT_ONCE)) as stored:
            files = [each async for each in stored]
        return {segment.index: each for segment, each in zip(segments, files, strict=True)}


async def _put_segment(
    storing: TranscriptStoring, job: SplitJob, index: int, transcript: Transcript
) -> tuple[StoredTranscript, ...]:
    key_of = partial(segment_key, job.account_id, job.id, index)
    audio = Format(job.output_format).extension if job.output_format else ""
    return await storing.put(transcript, file_name_of(key_of(audio)), key_of)
