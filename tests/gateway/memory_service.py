"""A service in memory that keeps the promises of the protos: what the gateway's tests talk to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tests.gateway.admission import Context, admit, fail
from zerokerf.errors import (
    IdempotencyConflict,
    JobAlreadyProcessing,
    JobNotCancellable,
    JobNotFound,
    ManifestNotReady,
    ZerokerfError,
)
from zerokerf.states import is_final, state_name
from zerokerf.v1 import split_service_pb2 as pb
from zerokerf.v1 import upload_service_pb2 as upload_pb
from zerokerf.v1.job_error_pb2 import JobError
from zerokerf.v1.split_pb2 import Split, SplitEvent
from zerokerf.v1.split_service_pb2_grpc import SplitServiceServicer
from zerokerf.v1.upload_pb2 import Upload
from zerokerf.v1.upload_service_pb2_grpc import UploadServiceServicer

CREATED = Timestamp(seconds=1774778400, nanos=987_654_321)  # 2026-03-29T10:00:00Z


class MemoryService(SplitServiceServicer, UploadServiceServicer):
    def __init__(self) -> None:
        self.watchers = 0
        self._changed = asyncio.Condition()
        self.reset()

    def reset(self) -> None:
        self.splits: dict[str, Split] = {}
        self.events: dict[str, list[SplitEvent]] = {}
        self.requests: list[Any] = []
        self.fails_with: ZerokerfError | Exception | None = None
        self.manifest = ""
        self.plan = pb.PlanSplitResponse()
        self.planning = asyncio.Event()
        self.stopped_planning = asyncio.Event()
        #: Plans wait until this is set.
        self.may_plan = asyncio.Event()
        self.may_plan.set()
        self._by_request_id: dict[str, pb.CreateSplitRequest] = {}

    def add(self, split: Split) -> None:
        split.last_sequence = max(split.last_sequence, 1)
        self.splits[split.id] = split
        self.events.setdefault(split.id, [])

    async def happen(self, split_id: str, event: SplitEvent) -> None:
        async with self._changed:
            split = self.splits[split_id]
            split.state, split.last_sequence = event.state, event.sequence
            self.events[split_id].append(event)
            self._changed.notify_all()

    async def watched(self, count: int) -> None:
        """Returns when this many watches are open."""
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: self.watchers == count)

    async def CreateSplit(self, request: pb.CreateSplitRequest, context: Context) -> pb.CreateSplitResponse:  # noqa: N802 - gRPC's
        await self._begin(request, context)
        first = self._by_request_id.setdefault(request.request_id, request)
        if request.request_id and first != request:
            await fail(context, IdempotencyConflict(request.request_id))
        job_id = f"job_{request.request_id or len(self.splits) + 1}"
        if job_id not in self.splits:
            self.add(_created(job_id, request))
        return pb.CreateSplitResponse(split=self.splits[job_id])

    async def GetSplit(self, request: pb.GetSplitRequest, context: Context) -> pb.GetSplitResponse:  # noqa: N802 - gRPC's
        await self._begin(request, context)
        return pb.GetSplitResponse(split=await self._split(request.id, context))

    async def ListSplits(self, request: pb.ListSplitsRequest, context: Context) -> pb.ListSplitsResponse:  # noqa: N802 - gRPC's
        await self._begin(request, context)
        wanted = request.states or Split.State.values()
        matching = [split for split in self.splits.values() if split.state in wanted]
        matching.sort(key=lambda split: (split.create_time.ToNanoseconds(), split.id), reverse=True)
        page = matching[request.skip : request.skip + (request.page_size or 20)]
        return pb.ListSplitsResponse(splits=page, total_size=len(matching))

    async def DeleteSplit(self, request: pb.DeleteSplitRequest, context: Context) -> pb.DeleteSplitResponse:  # noqa: N802 - gRPC's
        await self._begin(request, context)
        split = await self._split(request.id, context)
        if split.state == Split.STATE_PROCESSING:
            await fail(context, JobAlreadyProcessing(request.id))
        del self.splits[request.id]
        return pb.DeleteSplitResponse()

    async def CancelSplit(self, request: pb.CancelSplitRequest, context: Context) -> pb.CancelSplitResponse:  # noqa: N802 - gRPC's
        await self._begin(request, context)
        split = await self._split(request.id, context)
        if is_final(split.state):
            await fail(context, JobNotCancellable(request.id, state_name(split.state)))
        split.state = Split.STATE_CANCELLED
        split.error.CopyFrom(JobError(reason="JOB_CANCELLED", message="The job was cancelled on request."))
        return pb.CancelSplitResponse(split=split)

    async def PlanSplit(self, request: pb.PlanSplitRequest, context: Context) -> pb.PlanSplitResponse:  # noqa: N802 - gRPC's
        await self._begin(request, context)
        self.planning.set()
        try:
            await self.may_plan.wait()
        except asyncio.CancelledError:
            self.stopped_planning.set()
            raise
        return self.plan

    async def GetSplitManifest(  # noqa: N802 - gRPC's
        self, request: pb.GetSplitManifestRequest, context: Context
    ) -> pb.GetSplitManifestResponse:
        await self._begin(request, context)
        split = await self._split(request.id, context)
        if split.state != Split.STATE_COMPLETED:
            await fail(context, ManifestNotReady(request.id))
        return pb.GetSplitManifestResponse(json=self.manifest)

    async def WatchSplit(  # noqa: N802 - gRPC's
        self, request: pb.WatchSplitRequest, context: Context
    ) -> AsyncIterator[pb.WatchSplitResponse]:
        await self._begin(request, context)
        await self._split(request.id, context)
        await self._count_watchers(1)
        try:
            events = self.events[request.id]
            sequence = request.after_sequence
            while not (events and is_final(events[-1].state) and sequence >= events[-1].sequence):
                for event in events[sequence:]:
                    sequence = event.sequence
                    yield pb.WatchSplitResponse(event=event)
                async with self._changed:
                    await self._changed.wait_for(_news(events, sequence))
        finally:
            await self._count_watchers(-1)

    async def CreateUpload(  # noqa: N802 - gRPC's
        self, request: upload_pb.CreateUploadRequest, context: Context
    ) -> upload_pb.CreateUploadResponse:
        await self._begin(request, context)
        upload = Upload(
            id="upl_7k2m",
            url="https://files.example.com/files/t/a/u/upl_7k2m/data.bin?s=1",
            method="PUT",
            headers={"Content-Type": request.content_type or "application/octet-stream"},
            expire_time=CREATED,
        )
        return upload_pb.CreateUploadResponse(upload=upload)

    async def GetUpload(  # noqa: N802 - gRPC's
        self, request: upload_pb.GetUploadRequest, context: Context
    ) -> upload_pb.GetUploadResponse:
        raise NotImplementedError

    async def WriteUpload(  # noqa: N802 - gRPC's
        self, request: AsyncIterator[upload_pb.WriteUploadRequest], context: Context
    ) -> upload_pb.WriteUploadResponse:
        raise NotImplementedError

    async def _begin(self, request: object, context: Context) -> None:
        await admit(context, self.fails_with)
        self.requests.append(request)

    async def _split(self, split_id: str, context: Context) -> Split:
        if split_id not in self.splits:
            await fail(context, JobNotFound(split_id))
        return self.splits[split_id]

    async def _count_watchers(self, step: int) -> None:
        async with self._changed:
            self.watchers += step
            self._changed.notify_all()


def _news(events: list[SplitEvent], sequence: int) -> Callable[[], bool]:
    """Anything new, or nothing that could still come."""
    return lambda: len(events) > sequence or bool(events and is_final(events[-1].state))


def _created(job_id: str, request: pb.CreateSplitRequest) -> Split:
    split = Split(
        id=job_id,
        state=Split.STATE_QUEUED,
        mode=request.mode,
        requested_format=request.output_format,
        webhook_url=request.webhook_url,
        create_time=CREATED,
    )
    if request.HasField("options"):
        split.options.CopyFrom(request.options)
    if request.HasField("metadata"):
        split.metadata.CopyFrom(request.metadata)
    return split
