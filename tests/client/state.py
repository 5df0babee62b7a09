"""What the service in memory holds, and what goes wrong in it next."""

import asyncio
import hashlib
from collections import Counter, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import grpc

from tests.client.batch_state import Transcription
from tests.client.files import FileServer
from zerokerf.errors import (
    JobNotFound,
    ZerokerfError,
)
from zerokerf.states import is_final
from zerokerf.v1.audio_pb2 import AudioFormat
from zerokerf.v1.split_pb2 import Segment, Split, SplitEvent, SplitProgress
from zerokerf.v1.split_service_pb2 import (
    CreateSplitRequest,
    PlanSplitRequest,
    PlanSplitResponse,
)
from zerokerf.v1.upload_pb2 import Upload

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

    @property
    def has_ended(self) -> bool:
        return is_final(self.split.state)

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
    upload_requests: dict[str, str] = field(default_factory=dict)
    contents: dict[str, bytearray] = field(default_factory=dict)
    watches: list[int] = field(default_factory=list)
    write_offsets: list[int] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    source_limit_bytes: int = 2**30
    segments: list[bytes] = field(default_factory=lambda: [b"a" * 3000, b"b" * 2000, b"c" * 10])
    keeps_files: bool = True
    #: Samples of the source that no segment holds.
    lost_samples: int = 0
    #: What is said of each segment besides.
    said: list[Segment] = field(default_factory=list)
    failure: ZerokerfError | None = None
    plan: PlanSplitResponse = field(default_factory=PlanSplitResponse)
    plan_requests: list[PlanSplitRequest] = field(default_factory=list)
    plan_left: asyncio.Event = field(default_factory=asyncio.Event)
    manifest: str = "{}\n"
    watch_left: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    transcription: Transcription = field(init=False)

    def __post_init__(self) -> None:
        self.transcription = Transcription(self.files)

    def start(self, request: CreateSplitRequest) -> Job:
        split = Split(id=f"job{len(self.jobs) + 1}", state=Split.STATE_QUEUED, mode=request.mode)
        if request.HasField("options"):
            split.options.CopyFrom(request.options)
        for name in ("encoding", "tags"):
            if request.HasField(name):
                getattr(split, name).CopyFrom(getattr(request, name))
        split.verification, split.strict = request.verification, request.strict
        split.requested_format = request.output_format
        split.priority = request.priority
        split.metadata.CopyFrom(request.metadata)
        split.create_time.FromJsonString("2026-01-02T03:04:05Z")
        job = self.jobs[split.id] = Job(split, [])
        self.own(asyncio.create_task(self._run(job)))
        return job

    def own(self, task: asyncio.Task[None]) -> None:
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

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
            if self.keeps_files:
                segment.download_url = self.files.add(segment.file_name, content)
                segment.expire_time.FromJsonString("2026-01-03T03:04:05Z")
            if index < len(self.said):
                segment.MergeFrom(self.said[index])
            split.source.sample_count += len(content)
        split.source.sample_count += self.lost_samples
        split.source.duration.FromNanoseconds(split.source.sample_count * 10**9 // SAMPLE_RATE)

    def job(self, job_id: str) -> Job:
        if job_id not in self.jobs:
            raise JobNotFound(job_id)
        return self.jobs[job_id]


class Event(Protocol):
    @property
    def sequence(self) -> int: ...


E = TypeVar("E", bound=Event)


class Followed(Protocol[E]):
    events: list[E]
    changed: asyncio.Condition

    @property
    def has_ended(self) -> bool: ...


async def follow(job: Followed[E], cursor: int) -> AsyncIterator[E]:
    while True:
        for event in job.events[cursor:]:
            yield event
            cursor = event.sequence
        if job.has_ended:
            return
        async with job.changed:
            while len(job.events) == cursor:
                await job.changed.wait()


def fail(split: Split, error: ZerokerfError) -> None:
    split.error.reason = error.reason
    split.error.message = str(error)
    split.error.facts.update(error.facts)
