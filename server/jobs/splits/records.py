"""The records of split jobs, and of their segments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from server.database.clock import Clock, utc_now
from server.database.ids import Prefix, new_id
from server.database.open import Database
from server.jobs.model import (
    NO_TERMS,
    Job,
    Page,
    Progress,
    SourceFacts,
    SplitJob,
    SplitRequest,
    StoredSegment,
    Terms,
)
from server.jobs.observing import JobObserver
from server.jobs.records.chunks import forget_chunks
from server.jobs.records.creation import create_once, repeated
from server.jobs.records.jobs import JobRecords, processing
from server.jobs.records.made import forget_made
from server.jobs.records.merging import merge_facts, merge_notes, merge_progress
from server.jobs.records.segments import (
    forget_segments,
    put_segment,
    put_transcripts,
    segments_of,
    stored_so_far,
    transcript_columns,
    transcripts_of,
)
from server.jobs.speech_model import StoredTranscript
from server.jobs.splits.lists import page_of
from server.jobs.splits.rows import SPLIT, asked_of
from server.jobs.splits.wholeness import check_whole
from server.jobs.states import State, may_delete
from server.jobs.wakeups.open import Wakeups
from zerokerf.errors import JobAlreadyProcessing


class SplitRecords(JobRecords[SplitRequest]):
    def __init__(
        self,
        database: Database,
        wakeups: Wakeups,
        clock: Clock = utc_now,
        observer: JobObserver | None = None,
    ) -> None:
        super().__init__(database, wakeups, SPLIT, clock, observer)

    # ---- for clients

    async def create(
        self,
        account_id: str,
        request: SplitRequest,
        request_id: str | None,
        terms: Terms = NO_TERMS,
        most_at_once: int | None = None,
    ) -> SplitJob:
        """The new job, queued; or the first job that this account made with the same request id.

        Raises IdempotencyConflict if that one's request was another, JobNotFound if it has been deleted.
        """
        job = Job(
            new_id(Prefix.JOB), account_id, State.QUEUED, request, Progress(), self._clock(), terms=terms
        )
        asked = asked_of(request)
        async with self._database.writing() as connection:
            return await create_once(
                connection, job, SPLIT, request_id, asked=asked, most_at_once=most_at_once
            )

    async def repeated(
        self, account_id: str, request: SplitRequest, request_id: str | None
    ) -> SplitJob | None:
        """The first job of the same request id, if there is one. Raises what `create` raises of it."""
        async with self._database.reading() as connection:
            asked = asked_of(request)
            return await repeated(connection, account_id, SPLIT, request_id, asked, self._clock())

    async def segments(self, job_id: str) -> tuple[StoredSegment, ...]:
        """In order of their index. Whoever asks has made sure that the job is the client's."""
        async with self._database.reading() as connection:
            return await segments_of(connection, job_id)

    async def list(
        self, account_id: str, states: frozenset[State], page_size: int, page_token: str = "", skip: int = 0
    ) -> Page:
        """Newest first. Raises InvalidParams for a size, token or skip that cannot be."""
        async with self._database.reading() as connection:
            return await page_of(connection, account_id, states, page_size, page_token, skip)

    async def delete(self, account_id: str, job_id: str) -> None:
        """Forget what the client gave; its objects are due to be removed. Raises JobAlreadyProcessing."""
        async with self._changing_for_client(account_id, job_id) as change:
            if not may_delete(change.job.state):
                raise JobAlreadyProcessing(job_id)
            await change.erase()
            await forget_made(change.connection, job_id)

    # ---- for workers: each is safe to repeat

    async def record_source(
        self,
        job_id: str,
        facts: SourceFacts,
        output_format: str | None = None,
        notes: tuple[str, ...] = (),
        manifest_head: dict[str, Any] | None = None,
    ) -> SplitJob:
        """Add to what is known. Facts once known are replaced, never lost."""
        async with self._changing(job_id) as change:
            job = processing(change.job)
            return await change.save(
                replace(
                    job,
                    source=merge_facts(job.source, facts),
                    output_format=output_format or job.output_format,
                    notes=merge_notes(job.notes, notes),
                    manifest_head=manifest_head or job.manifest_head,
                )
            )

    async def record_segment(self, job_id: str, segment: StoredSegment, progress: Progress) -> SplitJob:
        """What is done is counted from what is stored, as several workers may be storing."""
        async with self._changing(job_id) as change:
            job = processing(change.job)
            await put_segment(change.connection, job_id, segment)
            count, samples = await stored_so_far(change.connection, job_id)
            news = merge_progress(job.progress, progress)
            news = merge_progress(news, Progress(samples_done=samples, segments_done=count))
            return await change.save(replace(job, progress=news))

    async def forget_segments(self, job_id: str) -> None:
        """They are to be made anew, in another way."""
        async with self._changing(job_id) as change:
            processing(change.job)
            await forget_segments(change.connection, job_id)

    async def record_transcripts(
        self,
        job_id: str,
        whole: Sequence[StoredTranscript],
        of_segments: Mapping[int, Sequence[StoredTranscript]],
        outcome: Mapping[str, Any],
    ) -> SplitJob:
        """They are stored: those of the whole recording, and those of each segment by its index."""
        async with self._changing(job_id) as change:
            job = processing(change.job)
            await put_transcripts(change.connection, job_id, of_segments)
            told = {**outcome, "transcripts": transcript_columns(whole)}
            return await change.save(replace(job, outcome=told))

    async def complete(self, job_id: str) -> SplitJob:
        """Raises SegmentsDoNotAddUp, and changes nothing, unless the segments are the whole source."""
        async with self._changing(job_id) as change:
            if change.job.state is State.COMPLETED:
                return change.job
            job = processing(change.job)
            segments = await segments_of(change.connection, job_id)
            check_whole(segments, job.source.sample_count if job.source else None)
            await forget_chunks(change.connection, job_id)
            done = replace(job.progress, percent=100)
            kept = _stored_bytes(job, segments)
            return await change.save(replace(job, state=State.COMPLETED, progress=done, stored_bytes=kept))


def _stored_bytes(job: SplitJob, segments: Sequence[StoredSegment]) -> int:
    source = (job.source.size_bytes if job.source else None) or 0
    spoken = [*transcripts_of((job.outcome or {}).get("transcripts"))]
    for segment in segments:
        spoken += segment.transcripts
    return source + sum(each.size_bytes for each in segments) + sum(each.size_bytes for each in spoken)
