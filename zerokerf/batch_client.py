"""The Python client's part for transcription: submit recordings, watch, fetch the transcripts."""

import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import httpx

from zerokerf.batch_requests import SpeechWish, batch_source, json_struct, speech_fields
from zerokerf.batch_states import is_final
from zerokerf.calls import Caller, OnProgress, ignore_progress
from zerokerf.download import batch_file, download_file
from zerokerf.errors import JobNotDeletable, Unavailable
from zerokerf.moments import moment
from zerokerf.priorities import PriorityName, priority_value
from zerokerf.requests import check_sources
from zerokerf.upload import upload_file
from zerokerf.v1.batch_pb2 import BatchEvent, BatchFile, BatchJob, BatchModel
from zerokerf.v1.batch_service_pb2 import (
    CancelBatchJobRequest,
    CreateBatchJobRequest,
    DeleteBatchJobRequest,
    GetBatchJobFilesRequest,
    GetBatchJobFilesResponse,
    GetBatchJobRequest,
    ListBatchJobsRequest,
    ListBatchModelsRequest,
    WatchBatchJobRequest,
)
from zerokerf.watch import Stream, Watched, watch

if TYPE_CHECKING:  # exist for type checkers only
    from zerokerf.v1.batch_service_pb2_grpc import BatchServiceAsyncStub
    from zerokerf.v1.upload_service_pb2_grpc import UploadServiceAsyncStub

_JUST_LATER_NS = 1000


class BatchClient:
    """Transcription jobs over a client's connection. Errors and repeats are as for everything of it."""

    def __init__(
        self,
        jobs: "BatchServiceAsyncStub",
        uploads: "UploadServiceAsyncStub",
        caller: Caller,
        http: httpx.AsyncClient,
    ) -> None:
        self._jobs = jobs
        self._uploads = uploads
        self._caller = caller
        self._http = http

    async def create(
        self,
        *,
        url: str | None = None,
        file: Path | None = None,
        upload_id: str | None = None,
        job_id: str = "",
        metadata: Mapping[str, object] | None = None,
        tracking: Mapping[str, object] | None = None,
        webhook_url: str = "",
        priority: PriorityName = "interactive",
        request_id: str | None = None,
        on_progress: OnProgress = ignore_progress,
        **speech: Unpack[SpeechWish],
    ) -> BatchJob:
        """Submit one source; a file is uploaded first.

        The `language` is a code such as "en", or "auto" where the `model` can detect it; "enhanced" as
        `operating_point` takes the larger model, "channel" as `diarization` transcribes channels apart.
        `vocabulary` holds words that are likely to be said. `line_length` and `lines` shape subtitles.
        The `webhook_url` is told when the job is done or has failed. A job of "bulk" `priority` is worked on
        when no interactive one has anything to do.

        With the same `request_id` the same request returns the first job. Without one, an id of its own
        still makes the repeats of this call safe. Raises JobExists if there was a job of this `job_id`.
        """
        check_sources(url=url, file=file, upload_id=upload_id)
        request = CreateBatchJobRequest(
            **speech_fields(**speech),
            id=job_id,
            metadata=json_struct("metadata", metadata),
            tracking=json_struct("tracking", tracking),
            webhook_url=webhook_url,
            priority=priority_value(priority),
            request_id=request_id or str(uuid.uuid4()),
        )
        if file is not None:
            upload = await upload_file(self._uploads, self._caller, file, on_progress, request.request_id)
            upload_id = upload.id
        request.source.CopyFrom(batch_source(url=url, upload_id=upload_id))
        return (await self._caller.unary(self._jobs.CreateBatchJob, request)).job

    async def get(self, job_id: str) -> BatchJob:
        """The job, also when it is deleted."""
        return (await self._caller.unary(self._jobs.GetBatchJob, GetBatchJobRequest(id=job_id))).job

    async def list(
        self,
        *states: BatchJob.State.ValueType,
        model: str = "",
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        page_size: int = 100,
    ) -> AsyncGenerator[BatchJob]:
        """Jobs in any of the states, or all, newest first. Those that come meanwhile are not among them."""
        request = ListBatchJobsRequest(
            page=1,
            page_size=page_size,
            states=states,
            model_code=model,
            created_after=moment(created_after),
            created_before=moment(created_before),
        )
        while True:
            page = await self._caller.unary(self._jobs.ListBatchJobs, request)
            for job in page.jobs:
                yield job
            if not page.jobs or page.total_size <= request.page * page_size:
                return
            if request.page == 1:  # else new jobs would push others onto a second page
                request.created_before.FromNanoseconds(
                    page.jobs[0].create_time.ToNanoseconds() + _JUST_LATER_NS
                )
            request.page += 1

    async def delete(self, job_id: str) -> BatchJob:
        """Remove the files of a job that has ended. Its record stays."""
        request = DeleteBatchJobRequest(id=job_id)
        try:
            return (await self._caller.unary(self._jobs.DeleteBatchJob, request, attempts=1)).job
        except Unavailable:
            return await self._delete_again(request)

    async def _delete_again(self, request: DeleteBatchJobRequest) -> BatchJob:
        """The answer may have got lost after the deed: then there is nothing left to delete."""
        try:
            return (await self._caller.unary(self._jobs.DeleteBatchJob, request)).job
        except JobNotDeletable:
            job = await self.get(request.id)
            if job.state != BatchJob.STATE_DELETED:
                raise
            return job

    async def cancel(self, job_id: str) -> BatchJob:
        """Stop the job. It has then failed with the reason JOB_CANCELLED. Doing it twice succeeds."""
        request = CancelBatchJobRequest(id=job_id)
        return (await self._caller.unary(self._jobs.CancelBatchJob, request)).job

    def watch(self, job_id: str, after_sequence: int = 0) -> AsyncGenerator[BatchEvent]:
        """Every event after the cursor once, in order, until the job's final one.

        Broken streams are taken up where they ended. Raises Unavailable after too many failures in a row
        without an event between them; the last sequence received is where another watch goes on.
        """

        def stream(cursor: int) -> Stream[BatchEvent]:
            request = WatchBatchJobRequest(id=job_id, after_sequence=cursor)
            return self._jobs.WatchBatchJob(request, metadata=self._caller.metadata)

        async def standing() -> tuple[bool, int]:
            job = await self.get(job_id)
            return is_final(job.state), job.last_sequence

        return watch(self._caller, Watched(stream, _is_last, standing), after_sequence)

    async def wait(self, job_id: str) -> BatchJob:
        """The job once it is done, failed or deleted."""
        async with aclosing(self.watch(job_id)) as events:
            async for _ in events:
                pass
        return await self.get(job_id)

    async def files(self, job_id: str) -> GetBatchJobFilesResponse:
        """Fresh links: `inputs` has the recording, `outputs` the transcripts once the job is done."""
        request = GetBatchJobFilesRequest(id=job_id, include_vtt=True)
        return await self._caller.unary(self._jobs.GetBatchJobFiles, request)

    async def download(self, file: BatchFile, dest: Path, on_progress: OnProgress = ignore_progress) -> Path:
        """Fetch a file of a job to `dest`, or into `dest` if that is a folder; returns where it is.

        It appears under its name only when it is whole. Raises LinkRefused if the link expired and OSError
        if the file can't be written.
        """
        attempts = self._caller.stream_attempts()
        return await download_file(self._http, batch_file(file), dest, attempts, on_progress)

    async def models(self) -> Sequence[BatchModel]:
        """What jobs can name as their model, with the languages that each knows."""
        answer = await self._caller.unary(self._jobs.ListBatchModels, ListBatchModelsRequest())
        return answer.models


def _is_last(event: BatchEvent) -> bool:
    return is_final(event.state)
