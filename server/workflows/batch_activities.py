"""What a transcription job's steps do. Each may run twice: its effects land on fixed rows and keys."""

from dataclasses import dataclass

import structlog
from temporalio import activity

from server.jobs.batch_model import BatchRequest
from server.workflows.messages import ChunkRef, FailedJob, JobRef
from server.workflows.steps import Steps
from server.workflows.transcribing import Transcribing

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BatchParts:
    """What activities work with."""

    steps: Steps[BatchRequest]
    transcribing: Transcribing


class BatchActivities:
    def __init__(self, parts: BatchParts) -> None:
        self._steps = parts.steps
        self._transcribing = parts.transcribing

    @activity.defn(name="batch.fetch")
    async def fetch(self, ref: JobRef) -> None:
        await self._steps.fetch(ref)

    @activity.defn(name="batch.prepare")
    async def prepare(self, ref: JobRef) -> list[ChunkRef]:
        """The recording is divided into chunks, which are on record; what there is to hear is stored."""
        async with self._steps.working(ref, "prepare") as work:
            path = await self._steps.source_of(work)
            chunks = await self._transcribing.prepare(work.job, path, work.folder, work.reporter)
            return [ChunkRef(ref, chunk.channel, chunk.index) for chunk in chunks]

    @activity.defn(name="batch.hear")
    async def hear(self, ref: ChunkRef) -> None:
        """What is said in the chunk is on record."""
        async with self._steps.working(ref.job, f"hear-{ref.channel}-{ref.index}") as work:
            await self._transcribing.hear(work.job, ref.channel, ref.index, work.folder)

    @activity.defn(name="batch.write")
    async def write(self, ref: JobRef) -> None:
        """Every transcript is stored, and the record says so."""
        async with self._steps.working(ref, "write") as work:
            await self._transcribing.write(work.job, work.reporter)
            log.info("job completed", action="complete", job_id=ref.job_id, account_id=ref.account_id)

    @activity.defn(name="batch.fail")
    async def fail(self, failed: FailedJob) -> None:
        await self._steps.fail(failed)
