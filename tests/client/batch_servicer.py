"""The contract's service for transcription on the state in memory."""

# ruff: noqa: N802 - names are gRPC's

import asyncio
from collections.abc import AsyncIterator
from typing import NoReturn

import grpc

from tests.client.gate import refuse
from tests.client.state import Context, Service, follow
from zerokerf.batch_states import state_name
from zerokerf.errors import (
    IdempotencyConflict,
    JobCancelled,
    JobExists,
    JobNotCancellable,
    JobNotDeletable,
    JobNotFound,
    UnsupportedLanguage,
    UploadNotFound,
)
from zerokerf.v1.batch_pb2 import BatchFile, BatchJob, BatchModel
from zerokerf.v1.batch_service_pb2 import (
    CancelBatchJobRequest,
    CancelBatchJobResponse,
    CreateBatchJobRequest,
    CreateBatchJobResponse,
    CreateBatchUploadRequest,
    DeleteBatchJobRequest,
    DeleteBatchJobResponse,
    GetBatchJobFilesRequest,
    GetBatchJobFilesResponse,
    GetBatchJobRequest,
    GetBatchJobResponse,
    ListBatchJobsRequest,
    ListBatchJobsResponse,
    ListBatchModelsRequest,
    ListBatchModelsResponse,
    StreamBatchJobRequest,
    WatchBatchJobRequest,
    WatchBatchJobResponse,
)
from zerokerf.v1.batch_service_pb2_grpc import BatchServiceServicer


class Transcriptions(BatchServiceServicer):
    def __init__(self, service: Service) -> None:
        self._service = service
        self._jobs = service.transcription

    async def CreateBatchJob(
        self, request: CreateBatchJobRequest, context: Context
    ) -> CreateBatchJobResponse:
        if request.transcription_config.language not in ("", "en"):
            raise UnsupportedLanguage(request.transcription_config.language, "tiny", ["en"])
        if request.source.upload_id and request.source.upload_id not in self._service.uploads:
            raise UploadNotFound(request.source.upload_id)
        if request.request_id in self._jobs.requests:
            first, job_id = self._jobs.requests[request.request_id]
            if first != request:
                raise IdempotencyConflict(request.request_id)
            return CreateBatchJobResponse(job=self._jobs.work(job_id).job)
        if request.id in self._jobs.jobs:
            raise JobExists(request.id)
        work = self._jobs.add(request)
        self._service.own(asyncio.create_task(self._jobs.run(work, self._service.faults.finish)))
        self._jobs.requests[request.request_id] = (request, work.job.id)
        return CreateBatchJobResponse(job=work.job)

    async def StreamBatchJob(
        self, request_iterator: AsyncIterator[StreamBatchJobRequest], context: Context
    ) -> NoReturn:
        raise NotImplementedError  # the client uploads what may have to be taken up again

    async def CreateBatchUpload(self, request: CreateBatchUploadRequest, context: Context) -> NoReturn:
        raise NotImplementedError

    async def GetBatchJob(self, request: GetBatchJobRequest, context: Context) -> GetBatchJobResponse:
        return GetBatchJobResponse(job=self._jobs.work(request.id).job)

    async def ListBatchJobs(self, request: ListBatchJobsRequest, context: Context) -> ListBatchJobsResponse:
        jobs = [work.job for work in reversed(self._jobs.jobs.values())]
        jobs = [job for job in jobs if _is_asked_for(job, request)]
        first = (request.page - 1) * request.page_size
        return ListBatchJobsResponse(jobs=jobs[first : first + request.page_size], total_size=len(jobs))

    async def DeleteBatchJob(
        self, request: DeleteBatchJobRequest, context: Context
    ) -> DeleteBatchJobResponse:
        job = self._jobs.work(request.id).job
        if job.state not in (BatchJob.STATE_DONE, BatchJob.STATE_FAILED):
            raise JobNotDeletable(request.id)
        job.state = BatchJob.STATE_DELETED
        return DeleteBatchJobResponse(job=job)

    async def CancelBatchJob(
        self, request: CancelBatchJobRequest, context: Context
    ) -> CancelBatchJobResponse:
        work = self._jobs.work(request.id)
        if work.job.state == BatchJob.STATE_DONE:
            raise JobNotCancellable(request.id, state_name(work.job.state))
        if not work.has_ended:
            await work.fail(JobCancelled())
        return CancelBatchJobResponse(job=work.job)

    async def GetBatchJobFiles(
        self, request: GetBatchJobFilesRequest, context: Context
    ) -> GetBatchJobFilesResponse:
        job = self._jobs.work(request.id).job
        recording = BatchFile(key="t/a/j/x/in/source", download_url="http://x/recording")
        outputs = [each for each in self._jobs.outputs(job) if request.include_vtt or each.format != "vtt"]
        inputs = [] if job.HasField("expire_time") else [recording]
        return GetBatchJobFilesResponse(inputs=inputs, outputs=outputs)

    async def WatchBatchJob(
        self, request: WatchBatchJobRequest, context: Context
    ) -> AsyncIterator[WatchBatchJobResponse]:
        faults, sent = self._service.faults, 0
        self._jobs.watches.append(request.after_sequence)
        if request.id not in self._jobs.jobs:
            await refuse(context, JobNotFound(request.id))
        breaks_after = faults.watch_breaks.popleft() if faults.watch_breaks else None
        gap = faults.watch_gaps.popleft() if faults.watch_gaps else None
        async for event in follow(self._jobs.jobs[request.id], request.after_sequence):
            if sent == breaks_after:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "the stream broke")
            if event.sequence != gap:
                yield WatchBatchJobResponse(event=event)
            sent += 1

    async def ListBatchModels(
        self, request: ListBatchModelsRequest, context: Context
    ) -> ListBatchModelsResponse:
        tiny = BatchModel(code="tiny", model="zerokerf/tiny", languages=["en"], is_default=True)
        return ListBatchModelsResponse(models=[tiny, BatchModel(code="big", languages=["de", "en"])])


def _is_asked_for(job: BatchJob, request: ListBatchJobsRequest) -> bool:
    created = job.create_time.ToNanoseconds()
    return (
        (not request.states or job.state in request.states)
        and request.model_code in ("", job.model_code)
        and (not request.HasField("created_after") or created > request.created_after.ToNanoseconds())
        and (not request.HasField("created_before") or created < request.created_before.ToNanoseconds())
    )
