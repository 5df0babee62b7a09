"""The contract's two services on the state in memory."""

# ruff: noqa: N802 - names are gRPC's

import asyncio
from collections.abc import AsyncIterator

import grpc

from tests.client.gate import refuse
from tests.client.state import Context, Service, fail, follow
from zerokerf.errors import (
    FileTooLarge,
    IdempotencyConflict,
    InvalidParams,
    JobCancelled,
    JobNotCancellable,
    JobNotFound,
    ManifestNotReady,
    UploadNotFound,
    UploadOffsetMismatch,
)
from zerokerf.states import state_name
from zerokerf.v1.split_pb2 import Split
from zerokerf.v1.split_service_pb2 import (
    CancelSplitRequest,
    CancelSplitResponse,
    CreateSplitRequest,
    CreateSplitResponse,
    DeleteSplitRequest,
    DeleteSplitResponse,
    GetSplitManifestRequest,
    GetSplitManifestResponse,
    GetSplitRequest,
    GetSplitResponse,
    ListSplitsRequest,
    ListSplitsResponse,
    PlanSplitRequest,
    PlanSplitResponse,
    WatchSplitRequest,
    WatchSplitResponse,
)
from zerokerf.v1.split_service_pb2_grpc import SplitServiceServicer
from zerokerf.v1.upload_pb2 import Upload
from zerokerf.v1.upload_service_pb2 import (
    CreateUploadRequest,
    CreateUploadResponse,
    GetUploadRequest,
    GetUploadResponse,
    WriteUploadRequest,
    WriteUploadResponse,
)
from zerokerf.v1.upload_service_pb2_grpc import UploadServiceServicer


class Splits(SplitServiceServicer):
    def __init__(self, service: Service) -> None:
        self._service = service

    async def CreateSplit(self, request: CreateSplitRequest, context: Context) -> CreateSplitResponse:
        if (
            request.mode.WhichOneof("mode") == "duration"
            and not request.mode.duration.segment_duration.seconds
        ):
            raise InvalidParams({"mode.duration.segment_duration": "Must be at least 1 s."})
        if request.source.upload_id and request.source.upload_id not in self._service.uploads:
            raise UploadNotFound(request.source.upload_id)
        if request.request_id in self._service.requests:
            first, job_id = self._service.requests[request.request_id]
            if first != request:
                raise IdempotencyConflict(request.request_id)
            return CreateSplitResponse(split=self._service.job(job_id).split)
        job = self._service.start(request)
        self._service.requests[request.request_id] = (request, job.split.id)
        return CreateSplitResponse(split=job.split)

    async def GetSplit(self, request: GetSplitRequest, context: Context) -> GetSplitResponse:
        return GetSplitResponse(split=self._service.job(request.id).split)

    async def ListSplits(self, request: ListSplitsRequest, context: Context) -> ListSplitsResponse:
        splits = [job.split for job in reversed(self._service.jobs.values())]
        splits = [split for split in splits if split.state in (request.states or [split.state])]
        first = int(request.page_token or 0)
        page = splits[first : first + (request.page_size or 20)]
        end = first + len(page)
        token = str(end) if end < len(splits) else ""
        return ListSplitsResponse(splits=page, next_page_token=token, total_size=len(splits))

    async def DeleteSplit(self, request: DeleteSplitRequest, context: Context) -> DeleteSplitResponse:
        self._service.job(request.id)
        del self._service.jobs[request.id]
        return DeleteSplitResponse()

    async def CancelSplit(self, request: CancelSplitRequest, context: Context) -> CancelSplitResponse:
        job = self._service.job(request.id)
        if job.split.state in {Split.STATE_COMPLETED, Split.STATE_FAILED}:
            raise JobNotCancellable(request.id, state_name(job.split.state))
        if job.split.state != Split.STATE_CANCELLED:
            fail(job.split, JobCancelled())
            await job.move(Split.STATE_CANCELLED)
        return CancelSplitResponse(split=job.split)

    async def PlanSplit(self, request: PlanSplitRequest, context: Context) -> PlanSplitResponse:
        if request.source.upload_id and request.source.upload_id not in self._service.uploads:
            raise UploadNotFound(request.source.upload_id)
        self._service.plan_requests.append(request)
        if self._service.failure is not None:
            raise self._service.failure
        try:
            await self._service.faults.finish.wait()
        except asyncio.CancelledError:
            self._service.plan_left.set()
            raise
        return self._service.plan

    async def GetSplitManifest(
        self, request: GetSplitManifestRequest, context: Context
    ) -> GetSplitManifestResponse:
        if self._service.job(request.id).split.state != Split.STATE_COMPLETED:
            raise ManifestNotReady(request.id)
        return GetSplitManifestResponse(json=self._service.manifest)

    async def WatchSplit(
        self, request: WatchSplitRequest, context: Context
    ) -> AsyncIterator[WatchSplitResponse]:
        service, cursor, sent = self._service, request.after_sequence, 0
        service.watches.append(cursor)
        if request.id not in service.jobs:
            await refuse(context, JobNotFound(request.id))
        job = service.jobs[request.id]
        breaks_after = service.faults.watch_breaks.popleft() if service.faults.watch_breaks else None
        gap = service.faults.watch_gaps.popleft() if service.faults.watch_gaps else None
        try:
            async for event in follow(job, cursor):
                if sent == breaks_after:
                    await context.abort(grpc.StatusCode.UNAVAILABLE, "the stream broke")
                if event.sequence != gap:
                    yield WatchSplitResponse(event=event)
                sent += 1
        finally:
            service.watch_left.set()


class Uploads(UploadServiceServicer):
    def __init__(self, service: Service) -> None:
        self._service = service

    async def CreateUpload(self, request: CreateUploadRequest, context: Context) -> CreateUploadResponse:
        if request.size > self._service.source_limit_bytes:
            raise FileTooLarge(self._service.source_limit_bytes, request.size)
        if request.request_id in self._service.upload_requests:
            first = self._service.upload_requests[request.request_id]
            return CreateUploadResponse(upload=self._service.uploads[first])
        upload = Upload(id=f"upload{len(self._service.uploads) + 1}", file_name=request.file_name)
        self._service.uploads[upload.id] = upload
        self._service.upload_requests[request.request_id] = upload.id
        self._service.contents[upload.id] = bytearray()
        return CreateUploadResponse(upload=upload)

    async def GetUpload(self, request: GetUploadRequest, context: Context) -> GetUploadResponse:
        if request.id not in self._service.uploads:
            raise UploadNotFound(request.id)
        return GetUploadResponse(upload=self._service.uploads[request.id])

    async def WriteUpload(
        self, request_iterator: AsyncIterator[WriteUploadRequest], context: Context
    ) -> WriteUploadResponse:
        header = (await anext(aiter(request_iterator))).header
        upload = self._service.uploads[header.upload_id]
        content = self._service.contents[upload.id]
        self._service.write_offsets.append(header.offset)
        if header.offset != len(content):
            await refuse(context, UploadOffsetMismatch(upload.id, len(content), header.offset))
        breaks = self._service.faults.upload_breaks
        breaks_at = len(content) + breaks.popleft() if breaks else None
        async for part in request_iterator:
            assert 0 < len(part.chunk) <= 2**20
            content += part.chunk
            upload.committed_size = len(content)
            if breaks_at is not None and len(content) >= breaks_at:
                del content[breaks_at:]
                upload.committed_size = len(content)
                await context.abort(grpc.StatusCode.UNAVAILABLE, "the stream broke")
            if len(content) > self._service.source_limit_bytes:
                await refuse(context, FileTooLarge(self._service.source_limit_bytes))
        upload.committed_size, upload.complete = len(content), header.finish
        return WriteUploadResponse(upload=upload)
