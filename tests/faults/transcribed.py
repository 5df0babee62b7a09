"""A recording that takes a while to transcribe, and one watch of it that only the faults interrupt."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.watched import JOB_WITHIN_S, PATIENCE
from tests.services.folders import files_in, paths_in
from tests.services.zerokerf import API_KEY, Deployment, Process
from tests.speech.recordings import Reading, word_error_rate, words_in
from zerokerf.batch_client import BatchClient
from zerokerf.client import AsyncClient
from zerokerf.v1.batch_pb2 import BatchEvent, BatchJob, BatchProgress

#: The readings come out like this when nothing happens to the job.
MOST_WORDS_WRONG = 0.02
_HEARING = re.compile(r'"action": "(hear-\d+-\d+)"')


class Transcribed:
    def __init__(self, client: BatchClient, job: BatchJob) -> None:
        self.client = client
        self.id = job.id
        self.events: list[BatchEvent] = []
        self._changed = asyncio.Condition()
        self._task = asyncio.create_task(self._watch())

    @property
    def progress(self) -> BatchProgress:
        return self.events[-1].progress if self.events else BatchProgress()

    async def until_chunks(self, count: int) -> None:
        """Returns in the middle of the recording."""
        await self._until(lambda: self.progress.chunks_done >= count)
        assert self.progress.chunks_done < self.progress.chunks_total, "the job was too quick"

    async def ended(self) -> BatchJob:
        async with asyncio.timeout(JOB_WITHIN_S):
            await self._task
        return await self.client.get(self.id)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(JOB_WITHIN_S), self._changed:
            await self._changed.wait_for(is_so)

    async def _watch(self) -> None:
        async for event in self.client.watch(self.id):
            async with self._changed:
                self.events.append(event)
                self._changed.notify_all()


@asynccontextmanager
async def sent(deployment: Deployment, recording: Path) -> AsyncIterator[Transcribed]:
    """A recording on its way to being transcribed."""
    async with AsyncClient(deployment.grpc_address, API_KEY, patience=PATIENCE) as client:
        job = Transcribed(client.batch, await client.batch.create(file=recording))
        try:
            yield job
        finally:
            await job.close()


async def check(job: Transcribed, lecture: Reading, deployment: Deployment, folder: Path) -> None:
    """Done, with every word once, events without a gap that never fall, and nothing left of the work."""
    done = await job.ended()
    assert done.state == BatchJob.STATE_DONE, done.error
    assert [event.sequence for event in job.events] == list(range(1, len(job.events) + 1))
    for numbers in (_percents(job), _chunks_done(job), _audio_done_s(job)):
        assert numbers == sorted(numbers)
    assert job.progress.chunks_done == job.progress.chunks_total
    assert job.progress.audio_done == job.progress.audio_total
    links = {file.format: file for file in (await job.client.files(job.id)).outputs}
    text = (await job.client.download(links["txt"], folder)).read_text("utf-8")
    assert word_error_rate(lecture.words, words_in(text)) <= MOST_WORDS_WRONG
    assert left_of_work(deployment) == []


def left_of_work(deployment: Deployment) -> list[str]:
    """Decoded sound in the store, and anything in scratch."""
    sounds = (path for path in paths_in(deployment.data_dir / "objects") if path.parent.name == "work")
    scratch = files_in(deployment.data_dir / "scratch")
    return [str(path) for path in (*sounds, *scratch) if path.name != ".lock"]


def chunks_of(worker: Process) -> list[str]:
    """The chunks that this process has begun to hear, as its log has them."""
    return [match[1] for line in worker.output if (match := _HEARING.search(line))]


def _percents(job: Transcribed) -> list[int]:
    return [event.progress.percent for event in job.events]


def _chunks_done(job: Transcribed) -> list[int]:
    return [event.progress.chunks_done for event in job.events]


def _audio_done_s(job: Transcribed) -> list[float]:
    return [event.progress.audio_done.ToTimedelta().total_seconds() for event in job.events]
