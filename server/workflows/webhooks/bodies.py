"""What a webhook says: a job's record in the words of webhooks, with links that are signed now."""

import asyncio
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.accounts.export_records import KEPT_FOR
from server.database.clock import Clock, utc_now
from server.jobs.batch.model import BatchJob
from server.jobs.batch.records import BatchRecords
from server.jobs.batch.rows import BATCH
from server.jobs.model import SplitJob, SplitRequest, StoredSegment
from server.jobs.splits.records import SplitRecords
from server.jobs.splits.rows import SPLIT
from server.speech.transcript_formats import MEDIA_TYPES, TranscriptFormat
from server.webhooks import payload
from server.webhooks.model import Delivery
from server.webhooks.payload import Data, Link, ToldFile, ToldSegment
from storage.interface import UrlSigner
from storage.keys import export_key, file_name_of, segment_key, transcript_key
from zerokerf.durations import milliseconds, segment_ms
from zerokerf.errors import JobFailed
from zerokerf.formats import Format

LINK_LIFE = timedelta(hours=24)
#: A signer counts whole seconds, and cannot sign for none.
_ALLOWANCE_S = 1


@dataclass(frozen=True, slots=True)
class WebhookBodies:
    splits: SplitRecords
    batches: BatchRecords
    signer: UrlSigner
    clock: Clock = utc_now

    async def make(self, delivery: Delivery) -> str | None:
        """None when the job that it is about is deleted, and for events that nothing is known of."""
        kind, _, _ = delivery.event.partition(".")
        if kind == "job" and delivery.job_id is not None:
            split = await self.splits.load(delivery.job_id)
            return None if split is None else await self._split_body(delivery, split)
        if kind == "batch" and delivery.job_id is not None:
            batch = await self.batches.load(delivery.job_id)
            return None if batch is None else await self._batch_body(delivery, batch)
        return await self._export_body(delivery) if kind == "account" else None

    async def _split_body(self, delivery: Delivery, job: SplitJob) -> str:
        event, words = delivery.event, SPLIT.words
        if event == words.completed:
            data = await self._completed(delivery, job)
        elif event == words.failed:
            data = payload.split_failed(*_error_of(job))
        else:
            data = payload.split_progress(int(delivery.detail["progress"]))
        return payload.job_body(event, job.id, delivery.created_at, data)

    async def _batch_body(self, delivery: Delivery, job: BatchJob) -> str:
        name, metadata = job.public_id or job.id, job.request.metadata
        if delivery.event == BATCH.words.completed:
            data = payload.batch_done(name, await self._files(delivery, job), metadata)
        else:
            data = payload.batch_failed(name, *_error_of(job), metadata)
        return payload.job_body(delivery.event, name, delivery.created_at, data)

    async def _export_body(self, delivery: Delivery) -> str:
        told = delivery.detail
        export_id, form, size_bytes = told["exportId"], told["format"], told["size"]
        key = export_key(delivery.account_id, export_id)
        ends = self._links_end(delivery, delivery.created_at + KEPT_FOR)
        data = payload.account_exported(form, size_bytes, await self._link(key, "application/zip", ends))
        return payload.export_body(delivery.event, export_id, delivery.created_at, data)

    async def _completed(self, delivery: Delivery, job: SplitJob) -> Data:
        source, request = job.source, job.request
        rate = (source.sample_rate if source else None) or 1
        samples = (source.sample_count if source else None) or 0
        ends = self._links_end(delivery, _files_end(job))
        stored = await self.splits.segments(job.id)
        told = await asyncio.gather(*(self._segment(job, each, rate, ends) for each in stored))
        return payload.split_completed(_mode(request), milliseconds(samples, rate), told, request.metadata)

    async def _segment(
        self, job: SplitJob, stored: StoredSegment, rate: int, ends: datetime | None
    ) -> ToldSegment:
        kind = Format(job.output_format or "mp3")
        key = segment_key(job.account_id, job.id, stored.index, kind.extension)
        begins = stored.first_sample - stored.overlap_samples
        is_extended = _uses_extensions(job.request)
        return ToldSegment(
            index=stored.index,
            duration_ms=segment_ms(stored.first_sample, stored.sample_count, rate),
            size_bytes=stored.size_bytes,
            link=await self._link(key, kind.content_type, ends),
            reason=stored.reason if is_extended else None,
            title=stored.title if is_extended else None,
            overlap_ms=segment_ms(begins, stored.overlap_samples, rate) if is_extended else 0,
        )

    async def _files(self, delivery: Delivery, job: BatchJob) -> list[ToldFile]:
        ends = self._links_end(delivery, _files_end(job))
        files = []
        for each in TranscriptFormat:
            key = transcript_key(job.account_id, job.id, job.public_id or "", each)
            if link := await self._link(key, MEDIA_TYPES[each], ends):
                files.append(ToldFile(each, link))
        return files

    def _links_end(self, delivery: Delivery, files_end: datetime | None) -> datetime | None:
        """24 hours after the event, or the first attempt if that is so late; never later than the files.

        None when the files are gone.
        """
        now = self.clock()
        ends = delivery.created_at + LINK_LIFE
        if ends <= now:
            ends = now + LINK_LIFE
        if files_end is not None:
            ends = min(ends, files_end)
        return ends if ends > now else None

    async def _link(self, key: str, content_type: str, ends: datetime | None) -> Link | None:
        """Good until then at least."""
        if ends is None:
            return None
        life = timedelta(seconds=math.ceil((ends - self.clock()).total_seconds()) + _ALLOWANCE_S)
        name = file_name_of(key)
        signed = await self.signer.sign_get(key, life, filename=name, content_type=content_type)
        return Link(signed.url, min(ends, signed.expires_at))


def _files_end(job: SplitJob | BatchJob) -> datetime | None:
    """None when they are kept for ever."""
    return job.files_removed_at or job.files_expire_at


def _error_of(job: SplitJob | BatchJob) -> tuple[str, str]:
    if job.failure is not None:
        return job.failure.reason, job.failure.sentence
    error = JobFailed()
    return error.reason, error.sentence


def _mode(request: SplitRequest) -> str:
    named = {
        "duration": request.segment_ns,
        "fileSize": request.max_file_size,
        "parts": request.parts,
        "timestamps": request.timestamps_ns,
        "cue": request.cue_sheet,
        "silence": request.min_silence_ns,
    }
    return next((name for name, value in named.items() if value is not None), "chapters")


def _uses_extensions(request: SplitRequest) -> bool:
    """Whether it went beyond the documented modes."""
    is_documented = request.segment_ns is not None or request.max_file_size is not None
    has_options = request.snap_window_ns is not None or request.overlap_ns or request.min_tail_ns
    return not is_documented or bool(has_options)
