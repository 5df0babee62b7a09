"""The transcription jobs of the service in memory."""

import asyncio
from dataclasses import dataclass, field

from tests.client.files import FileServer
from zerokerf.batch_states import is_final
from zerokerf.errors import JobNotFound, ZerokerfError
from zerokerf.v1.batch_pb2 import BatchEvent, BatchFile, BatchJob, BatchProgress
from zerokerf.v1.batch_service_pb2 import CreateBatchJobRequest

AUDIO_S = 60
CHUNKS = 3
FIRST_CREATED_S = 1_767_323_045  # 2026-01-02T03:04:05Z


@dataclass
class Work:
    job: BatchJob
    events: list[BatchEvent] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def has_ended(self) -> bool:
        return is_final(self.job.state)

    async def move(self, state: BatchJob.State.ValueType, percent: int = 0, chunks_done: int = 0) -> None:
        async with self.changed:
            self.job.state = state
            self.job.last_sequence += 1
            event = BatchEvent(sequence=self.job.last_sequence, state=state, error=self.job.error)
            event.progress.percent = percent
            if state != BatchJob.STATE_QUEUED:
                event.progress.MergeFrom(BatchProgress(chunks_done=chunks_done, chunks_total=CHUNKS))
                event.progress.audio_done.seconds = AUDIO_S * chunks_done // CHUNKS
                event.progress.audio_total.seconds = AUDIO_S
            self.job.progress.CopyFrom(event.progress)
            self.events.append(event)
            self.changed.notify_all()

    async def fail(self, error: ZerokerfError) -> None:
        self.job.error.reason, self.job.error.message = error.reason, str(error)
        await self.move(BatchJob.STATE_FAILED)


@dataclass
class Transcription:
    """Jobs by id, and what is asked of them and made."""

    files: FileServer
    jobs: dict[str, Work] = field(default_factory=dict)
    requests: dict[str, tuple[CreateBatchJobRequest, str]] = field(default_factory=dict)
    watches: list[int] = field(default_factory=list)
    texts: dict[str, bytes] = field(
        default_factory=lambda: {
            "json": b'{"results": []}\n',
            "txt": "It was the best of times.\nGrüße \x1b[1m.\n".encode(),
            "srt": b"1\n00:00:00,832 --> 00:00:02,912\nIt was the best of times.\n",
            "vtt": b"WEBVTT\n\n1\n00:00:00.832 --> 00:00:02.912\nIt was the best of times.\n",
        }
    )
    failure: ZerokerfError | None = None

    def add(self, request: CreateBatchJobRequest, file_name: str = "talk.wav") -> Work:
        """A job that waits."""
        job = BatchJob(
            id=request.id or f"call{len(self.jobs) + 1}",
            state=BatchJob.STATE_QUEUED,
            model_code=request.model_code or "tiny",
            transcription_config=request.transcription_config,
            output_config=request.output_config,
            metadata=request.metadata,
            priority=request.priority,
        )
        job.input.file_name = file_name
        job.create_time.seconds = FIRST_CREATED_S + len(self.jobs)
        work = self.jobs[job.id] = Work(job)
        return work

    async def run(self, work: Work, finish: asyncio.Event) -> None:
        await work.move(BatchJob.STATE_QUEUED)
        await work.move(BatchJob.STATE_IN_PROGRESS, percent=10)
        for done in range(CHUNKS):
            await work.move(BatchJob.STATE_DECODING, 20 + done, done)
        await finish.wait()
        if work.has_ended:
            return
        if self.failure is not None:
            await work.fail(self.failure)
            return
        work.job.input.duration.seconds = AUDIO_S
        work.job.output.word_count, work.job.output.language = 6, "en"
        await work.move(BatchJob.STATE_DONE, 100, CHUNKS)

    def outputs(self, job: BatchJob) -> list[BatchFile]:
        if job.state != BatchJob.STATE_DONE or job.HasField("expire_time"):
            return []
        return [self._file(job, each) for each in self.texts]

    def work(self, job_id: str) -> Work:
        if job_id not in self.jobs:
            raise JobNotFound(job_id)
        return self.jobs[job_id]

    def _file(self, job: BatchJob, name: str) -> BatchFile:
        url = self.files.add(f"{job.id}.{name}", self.texts[name])
        return BatchFile(format=name, key=f"t/a/j/x/out/{job.id}.{name}", uri="s3://b/k", download_url=url)
