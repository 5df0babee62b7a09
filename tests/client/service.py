"""A service in memory, on real sockets, that keeps the contract's promises and breaks when it is told to."""

# ruff: noqa: N802 - names are gRPC's
# ruff: noqa: ANN401 - the interceptor passes messages of every type through, unread

import asyncio
import hashlib
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

import grpc

from tests.client.files import FileServer, file_server
from zerokerf.errors import (
    FileTooLarge,
    IdempotencyConflict,
    InvalidParams,
    JobCancelled,
    JobNotCancellable,
    JobNotFound,
    Unauthenticated,
    UploadNotFound,
    UploadOffsetMismatch,
    ZerokerfError,
)
from zerokerf.states import is_final, state_name
from zerokerf.status import DETAILS_KEY, to_status
from zerokerf.v1.audio_pb2 import AudioFormat
from zerokerf.v1.split_pb2 import Split, SplitEvent, SplitProgress
from zerokerf.v1.split_service_pb2 import (
    CancelSplitRequest,
    CancelSplitResponse,
    CreateSplitRequest,
    CreateSplitResponse,
    DeleteSplitRequest,
    DeleteSplitResponse,
    GetSplitRequest,
    GetSplitResponse,
    ListSplitsRequest,
    ListSplitsResponse,
    WatchSplitRequest,
    WatchSplitResponse,
)
from zerokerf.v1.split_service_pb2_grpc import SplitServiceServicer, add_SplitServiceServicer_to_server
from zerokerf.v1.upload_pb2 import Upload
from zerokerf.v1.upload_service_pb2 import (
    CreateUploadRequest,
    CreateUploadResponse,
    GetUploadRequest,
    GetUploadResponse,
    WriteUploadRequest,
    WriteUploadResponse,
)
from zerokerf.v1.upload_service_pb2_grpc import UploadServiceServicer, add_UploadServiceServicer_to_server

API_KEY = "zk_test_key"
SAMPLE_RATE = 8000
Context = grpc.aio.ServicerContext[Any, Any]


@dataclass
class Faults:
    """What goes wrong next. Each entry is used up by one call."""

    #: How many answers of a method get lost on the way, after the work was done, and what is seen instead.
    lost_answers: Counter[str] = field(default_factory=Counter)
    lost_code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE
    #: Events sent on a watch before its stream breaks.
    watch_breaks: deque[int] = field(default_factory=deque)
    #: Sequence numbers that a watch leaves out.
    watch_gaps: deque[int] = field(default_factory=deque)
    #: Bytes taken by an upload stream before it breaks.
    upload_breaks: deque[int] = field(default_factory=deque)
    #: Jobs stay in processing until this is set.
    finish: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Job:
    split: Split
    events: list[SplitEvent]
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def move(self, state: Split.State.ValueType, **progress: int) -> None:
        async with self.changed:
            self.split.state = state
            self.split.last_sequence += 1
            event = SplitEvent(sequence=self.split.last_sequence, state=state)
            event.progress.CopyFrom(SplitProgress(**progress))  # type: ignore[arg-type]  # numbers only
            event.error.CopyFrom(self.split.error)
            self.split.progress.CopyFrom(event.progress)
            self.events.append(event)
            self.changed.notify_all()


@dataclass
class Service:
    """State and faults of the service; what the tests look at."""

    target: str
    files: FileServer
    faults: Faults = field(default_factory=Faults)
    jobs: dict[str, Job] = field(default_factory=dict)
    requests: dict[str, tuple[CreateSplitRequest, str]] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    contents: dict[str, bytearray] = field(default_factory=dict)
    watches: list[int] = field(default_factory=list)
    write_offsets: list[int] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    source_limit_bytes: int = 2**30
    segments: list[bytes] = field(default_factory=lambda: [b"a" * 3000, b"b" * 2000, b"c" * 10])
    #: Samples of the source that no segment holds.
    lost_samples: int = 0
    failure: ZerokerfError | None = None
    watch_left: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self, request: CreateSplitRequest) -> Job:
        split = Split(id=f"job{len(self.jobs) + 1}", state=Split.STATE_QUEUED, mode=request.mode)
        split.requested_format = request.output_format
        split.metadata.CopyFrom(request.metadata)
        split.create_time.FromJsonString("2026-01-02T03:04:05Z")
        job = self.jobs[split.id] = Job(split, [])
        task = asyncio.create_task(self._run(job))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return job

    async def _run(self, job: Job) -> None:
        count = len(self.segments)
        await job.move(Split.STATE_QUEUED)
        await job.move(Split.STATE_PROCESSING, percent=10, bytes_fetched=5, bytes_total=10)
        for done in range(count):
            await job.move(
                Split.STATE_PROCESSING, percent=20 + done, segments_done=done, segments_total=count
            )
        await self.faults.finish.wait()
        if is_final(job.split.state):
            return
        if self.failure is not None:
            fail(job.split, self.failure)
            await job.move(Split.STATE_FAILED)
            return
        self._complete(job.split)
        await job.move(Split.STATE_COMPLETED, percent=100, segments_done=count, segments_total=count)

    def _complete(self, split: Split) -> None:
        split.output_format = AudioFormat.AUDIO_FORMAT_WAV
        split.source.file_name = "talk.wav"
        split.source.sample_rate = SAMPLE_RATE
        for index, content in enumerate(self.segments):
            segment = split.segments.add(index=index, first_sample=split.source.sample_count)
            segment.sample_count = len(content)
            segment.duration.FromNanoseconds(len(content) * 10**9 // SAMPLE_RATE)
            segment.size = len(content)
            segment.sha256 = hashlib.sha256(content).hexdigest()
            segment.file_name = f"talk_{index:03d}.wav"
            segment.download_url = self.files.add(segment.file_name, content)
            split.source.sample_count += len(content)
        split.source.sample_count += self.lost_samples
        split.source.duration.FromNanoseconds(split.source.sample_count * 10**9 // SAMPLE_RATE)

    def job(self, job_id: str) -> Job:
        if job_id not in self.jobs:
            raise JobNotFound(job_id)
        return self.jobs[job_id]


async def follow(job: Job, cursor: int) -> AsyncIterator[SplitEvent]:
    while True:
        for event in job.events[cursor:]:
            yield event
            cursor = event.sequence
        if is_final(job.split.state):
            return
        async with job.changed:
            while len(job.events) == cursor:
                await job.changed.wait()


def fail(split: Split, error: ZerokerfError) -> None:
    split.error.reason = error.reason
    split.error.message = str(error)
    split.error.facts.update(error.facts)


class Interceptor(grpc.aio.ServerInterceptor):
    """Asks for the API key, remembers the calls and turns unary calls' answers into faults."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def intercept_service(self, continuation: Any, details: grpc.HandlerCallDetails) -> Any:
        handler = await continuation(details)
        method = details.method.rpartition("/")[2]
        self._service.calls.append(method)
        if dict(details.invocation_metadata).get("x-api-key") != API_KEY:
            return _answering(handler, Unauthenticated())
        if handler.response_streaming:
            return handler
        wrap = (
            grpc.stream_unary_rpc_method_handler
            if handler.request_streaming
            else grpc.unary_unary_rpc_method_handler
        )
        return wrap(
            self._checked(method, handler.stream_unary or handler.unary_unary),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _checked(self, method: str, inner: Any) -> Any:
        async def call(request: Any, context: Context) -> Any:
            try:
                answer = await inner(request, context)
            except ZerokerfError as error:
                await refuse(context, error)
            await self._lose(method, context)
            return answer

        return call

    async def _lose(self, method: str, context: Context) -> None:
        faults = self._service.faults
        if faults.lost_answers[method]:
            faults.lost_answers[method] -= 1
            await context.abort(faults.lost_code, "the answer got lost")


def _answering(handler: Any, error: ZerokerfError) -> Any:
    async def unary(_request: Any, context: Context) -> None:
        await refuse(context, error)

    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(unary)
    if handler.stream_unary:
        return grpc.stream_unary_rpc_method_handler(unary)
    return grpc.unary_unary_rpc_method_handler(unary)


async def refuse(context: Context, error: ZerokerfError) -> NoReturn:
    status = to_status(error)
    context.set_trailing_metadata(((DETAILS_KEY, status.SerializeToString()),))
    await context.abort(grpc.StatusCode[error.kind.name], status.message)


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
        splits = [split for split in splits if request.state in {0, split.state}]
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
        upload = Upload(id=f"upload{len(self._service.uploads) + 1}", file_name=request.file_name)
        self._service.uploads[upload.id] = upload
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


@asynccontextmanager
async def running_service() -> AsyncIterator[Service]:
    async with file_server() as files:
        service = Service("", files)
        server = grpc.aio.server(interceptors=[Interceptor(service)])
        add_SplitServiceServicer_to_server(Splits(service), server)
        add_UploadServiceServicer_to_server(Uploads(service), server)
        service.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        await server.start()
        try:
            yield service
        finally:
            await server.stop(None)
            for task in service.tasks:
                task.cancel()
            await asyncio.gather(*service.tasks, return_exceptions=True)
