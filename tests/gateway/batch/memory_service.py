"""Transcription jobs and uploads in memory, as the protos promise them: what the gateway's tests talk to."""

# ruff: noqa: N802 - the names of methods are gRPC's

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tests.gateway.admission import Context, admit, fail
from tests.gateway.batch.jobs import DEFAULT_MODEL, SUBMITTED, queued, stored, with_defaults
from zerokerf.batch_states import is_final
from zerokerf.errors import (
    JobExists,
    JobNotCancellable,
    JobNotDeletable,
    JobNotFound,
    UnsupportedModel,
    UploadIncomplete,
    UploadNotFound,
    ZerokerfError,
)
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1 import upload_service_pb2 as upload_pb
from zerokerf.v1.batch_pb2 import BatchEvent, BatchJob, BatchModel
from zerokerf.v1.batch_service_pb2_grpc import BatchServiceServicer
from zerokerf.v1.job_error_pb2 import JobError
from zerokerf.v1.upload_pb2 import Upload
from zerokerf.v1.upload_service_pb2_grpc import UploadServiceServicer


@dataclass
class Received:
    """One upload. Its bytes are counted and hashed, not kept."""

    request: upload_pb.CreateUploadRequest
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    complete: bool = False
    #: Calls that wrote to it and have ended, well or not.
    writers_left: int = 0


class MemoryBatchService(BatchServiceServicer, UploadServiceServicer):
    def __init__(self) -> None:
        self.watchers = 0
        self._changed = asyncio.Condition()
        self.reset()

    def reset(self) -> None:
        self.jobs: dict[str, BatchJob] = {}
        self.files: dict[str, pb.GetBatchJobFilesResponse] = {}
        self.events: dict[str, list[BatchEvent]] = {}
        self.requests: list[Any] = []
        self.uploads: dict[str, Received] = {}
        #: Whether the bytes of a key have arrived.
        self.keys: dict[str, bool] = {}
        self.fails_with: ZerokerfError | Exception | None = None
        #: Raised when so many bytes of an upload have arrived.
        self.write_fails: tuple[int, ZerokerfError] | None = None

    def add(self, job: BatchJob) -> None:
        job.last_sequence = max(job.last_sequence, 1)
        self.jobs[job.id] = job
        self.events.setdefault(job.id, [])

    async def happen(self, job_id: str, event: BatchEvent) -> None:
        async with self._changed:
            job = self.jobs[job_id]
            job.state, job.last_sequence = event.state, event.sequence
            self.events[job_id].append(event)
            self._changed.notify_all()

    async def watched(self, count: int) -> None:
        """Returns when this many watches are open."""
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: self.watchers == count)

    async def CreateBatchJob(
        self, request: pb.CreateBatchJobRequest, context: Context
    ) -> pb.CreateBatchJobResponse:
        await self._begin(request, context)
        await self._check_source(request, context)
        if request.model_code not in ("", DEFAULT_MODEL):
            await fail(context, UnsupportedModel(request.model_code, [DEFAULT_MODEL]))
        if request.id in self.jobs:
            await fail(context, JobExists(request.id))
        job = queued(request, request.id or f"job{len(self.jobs):032x}")
        self.add(job)
        return pb.CreateBatchJobResponse(job=job)

    async def StreamBatchJob(
        self, request: AsyncIterator[pb.StreamBatchJobRequest], context: Context
    ) -> pb.StreamBatchJobResponse:
        raise NotImplementedError

    async def CreateBatchUpload(
        self, request: pb.CreateBatchUploadRequest, context: Context
    ) -> pb.CreateBatchUploadResponse:
        await self._begin(request, context)
        job_id = request.job_id or "job0f1e2d3c4b5a69788796a5b4c3d2e1f0"
        key = f"inputs/{job_id}/{request.file_name}"
        self.keys[key] = False
        made = pb.CreateBatchUploadResponse(
            job_id=job_id,
            upload_key=key,
            upload_uri=f"s3://in-bucket/{key}",
            output_uri=f"s3://out-bucket/outputs/{job_id}/",
            url=f"https://in-bucket.s3.example.com/{key}?s=1",
            headers={"Content-Type": request.content_type or "application/octet-stream"},
            expire_time=Timestamp(seconds=int(datetime.now(UTC).timestamp()) + 1800),
            transcription_config=with_defaults(request.transcription_config),
        )
        if request.HasField("tracking"):
            made.tracking.CopyFrom(request.tracking)
        if request.HasField("output_config"):
            made.output_config.CopyFrom(request.output_config)
        return made

    async def GetBatchJob(self, request: pb.GetBatchJobRequest, context: Context) -> pb.GetBatchJobResponse:
        await self._begin(request, context)
        return pb.GetBatchJobResponse(job=await self._job(request.id, context))

    async def ListBatchJobs(
        self, request: pb.ListBatchJobsRequest, context: Context
    ) -> pb.ListBatchJobsResponse:
        await self._begin(request, context)
        wanted = request.states or BatchJob.State.values()
        found = [job for job in self.jobs.values() if job.state in wanted and _in_time(job, request)]
        found = [job for job in found if request.model_code in ("", job.model_code)]
        found.sort(key=lambda job: (job.create_time.ToNanoseconds(), job.id), reverse=not request.ascending)
        start = (request.page - 1) * request.page_size
        return pb.ListBatchJobsResponse(jobs=found[start : start + request.page_size], total_size=len(found))

    async def DeleteBatchJob(
        self, request: pb.DeleteBatchJobRequest, context: Context
    ) -> pb.DeleteBatchJobResponse:
        await self._begin(request, context)
        job = await self._job(request.id, context)
        if job.state not in (BatchJob.STATE_DONE, BatchJob.STATE_FAILED):
            await fail(context, JobNotDeletable(request.id))
        job.state = BatchJob.STATE_DELETED
        job.delete_time.CopyFrom(SUBMITTED)
        return pb.DeleteBatchJobResponse(job=job)

    async def CancelBatchJob(
        self, request: pb.CancelBatchJobRequest, context: Context
    ) -> pb.CancelBatchJobResponse:
        await self._begin(request, context)
        job = await self._job(request.id, context)
        if is_final(job.state):
            await fail(context, JobNotCancellable(request.id, "completed"))
        job.state = BatchJob.STATE_FAILED
        job.error.CopyFrom(JobError(reason="JOB_CANCELLED", message="The job was cancelled on request."))
        return pb.CancelBatchJobResponse(job=job)

    async def GetBatchJobFiles(
        self, request: pb.GetBatchJobFilesRequest, context: Context
    ) -> pb.GetBatchJobFilesResponse:
        await self._begin(request, context)
        await self._job(request.id, context)
        files = self.files.get(request.id, pb.GetBatchJobFilesResponse())
        if request.include_vtt:
            files = pb.GetBatchJobFilesResponse(inputs=files.inputs, outputs=[*files.outputs, stored("vtt")])
        return files

    async def WatchBatchJob(
        self, request: pb.WatchBatchJobRequest, context: Context
    ) -> AsyncIterator[pb.WatchBatchJobResponse]:
        await self._begin(request, context)
        await self._job(request.id, context)
        await self._count_watchers(1)
        try:
            events, sequence = self.events[request.id], request.after_sequence
            while True:
                for event in events[sequence:]:
                    sequence = event.sequence
                    yield pb.WatchBatchJobResponse(event=event)
                if events and is_final(events[-1].state):
                    return
                async with self._changed:
                    await self._changed.wait_for(lambda seen=sequence: len(events) > seen)  # type: ignore[misc]  # a default is no argument
        finally:
            await self._count_watchers(-1)

    async def ListBatchModels(
        self, request: pb.ListBatchModelsRequest, context: Context
    ) -> pb.ListBatchModelsResponse:
        await self._begin(request, context)
        model = BatchModel(code=DEFAULT_MODEL, model="tiny.en", languages=["en"], is_default=True)
        return pb.ListBatchModelsResponse(models=[model])

    async def CreateUpload(
        self, request: upload_pb.CreateUploadRequest, context: Context
    ) -> upload_pb.CreateUploadResponse:
        await self._begin(request, context)
        upload_id = f"upl_{len(self.uploads)}"
        self.uploads[upload_id] = Received(request)
        return upload_pb.CreateUploadResponse(upload=Upload(id=upload_id))

    async def GetUpload(
        self, request: upload_pb.GetUploadRequest, context: Context
    ) -> upload_pb.GetUploadResponse:
        raise NotImplementedError

    async def WriteUpload(
        self, request: AsyncIterator[upload_pb.WriteUploadRequest], context: Context
    ) -> upload_pb.WriteUploadResponse:
        header = (await anext(aiter(request))).header
        upload = self.uploads[header.upload_id]
        assert header.offset == upload.size
        try:
            async for message in request:
                upload.size += len(message.chunk)
                upload.digest.update(message.chunk)
                async with self._changed:
                    self._changed.notify_all()
                if self.write_fails and upload.size >= self.write_fails[0]:
                    await fail(context, self.write_fails[1])
            upload.complete = header.finish
        finally:
            async with self._changed:
                upload.writers_left += 1
                self._changed.notify_all()
        left = Upload(id=header.upload_id, complete=upload.complete, committed_size=upload.size)
        return upload_pb.WriteUploadResponse(upload=left)

    async def arriving(self, upload_id: str) -> None:
        """Returns when bytes of the upload have arrived."""
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: upload_id in self.uploads and self.uploads[upload_id].size)

    async def left(self, upload_id: str) -> None:
        """Returns when nobody writes to the upload any more."""
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: self.uploads[upload_id].writers_left)

    async def _check_source(self, request: pb.CreateBatchJobRequest, context: Context) -> None:
        source = request.source
        if source.upload_id and not self.uploads[source.upload_id].complete:
            await fail(context, UploadIncomplete(source.upload_id))
        if source.upload_key and source.upload_key not in self.keys:
            await fail(context, UploadNotFound(source.upload_key))
        if source.upload_key and not self.keys[source.upload_key]:
            await fail(context, UploadIncomplete(source.upload_key))

    async def _begin(self, request: object, context: Context) -> None:
        await admit(context, self.fails_with)
        self.requests.append(request)

    async def _job(self, job_id: str, context: Context) -> BatchJob:
        if job_id not in self.jobs:
            await fail(context, JobNotFound(job_id))
        return self.jobs[job_id]

    async def _count_watchers(self, change: int) -> None:
        async with self._changed:
            self.watchers += change
            self._changed.notify_all()


def _in_time(job: BatchJob, request: pb.ListBatchJobsRequest) -> bool:
    made = job.create_time.ToNanoseconds()
    after, before = request.created_after.ToNanoseconds(), request.created_before.ToNanoseconds()
    return made > after and (not request.HasField("created_before") or made < before)
