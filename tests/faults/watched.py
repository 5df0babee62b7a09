"""A job that lasts, and one watch of it that nothing interrupts but the faults."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from tests.corpus.decoders import decoded_samples
from tests.corpus.recordings import RATE
from tests.faults.processes import encoders
from tests.services.folders import paths_in
from tests.services.zerokerf import API_KEY, Deployment
from zerokerf.calls import Patience
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split, SplitEvent, SplitProgress

SEGMENTS = 20
JOB_WITHIN_S = 150
#: Longer than any restart takes, and back soon after it.
PATIENCE = Patience(call_timeout_s=90, call_attempts=200, stream_attempts=200, longest_pause_s=0.5)


class Watched:
    """`segment_s` is the length of each of its segments."""

    def __init__(self, client: AsyncClient, split: Split) -> None:
        self.client = client
        self.id = split.id
        self.segment_s = split.mode.duration.segment_duration.seconds
        self.events: list[SplitEvent] = []
        self._changed = asyncio.Condition()
        self._task = asyncio.create_task(self._watch())

    async def until_fetching(self) -> None:
        await self._until(lambda: self.progress.bytes_fetched > 0)

    async def until_segments(self, count: int) -> None:
        """Returns in the middle of the job's work."""
        await self._until(lambda: self.progress.segments_done >= count)
        assert self.progress.segments_done < SEGMENTS, "the job was too quick to be met in the middle"

    async def ended(self) -> Split:
        async with asyncio.timeout(JOB_WITHIN_S):
            await self._task
        return await self.client.get_split(self.id)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def progress(self) -> SplitProgress:
        return self.events[-1].progress if self.events else SplitProgress()

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(JOB_WITHIN_S), self._changed:
            await self._changed.wait_for(is_so)

    async def _watch(self) -> None:
        async for event in self.client.watch(self.id):
            async with self._changed:
                self.events.append(event)
                self._changed.notify_all()


@asynccontextmanager
async def submitted(
    deployment: Deployment, url: str, *, length_s: int, output: str = "mp3"
) -> AsyncIterator[Watched]:
    """A recording of this length on its way into as many segments as always."""
    every = timedelta(seconds=length_s // SEGMENTS)
    async with AsyncClient(deployment.grpc_address, API_KEY, patience=PATIENCE) as client:
        watched = Watched(client, await client.create_split(url=url, every=every, to=output))
        try:
            yield watched
        finally:
            await watched.close()


async def check(watched: Watched, deployment: Deployment, folder: Path, *, workers: int = 1) -> None:
    """Complete, once, without a gap, and nothing else left but the folders of so many workers."""
    done = await watched.ended()
    samples = watched.segment_s * RATE
    assert done.state == Split.STATE_COMPLETED, done.error
    assert [event.sequence for event in watched.events] == list(range(1, len(watched.events) + 1))
    assert done.last_sequence == len(watched.events)
    percents = [event.progress.percent for event in watched.events]
    assert percents == sorted(percents)
    assert [segment.index for segment in done.segments] == list(range(SEGMENTS))
    assert [segment.first_sample for segment in done.segments] == [
        index * samples for index in range(SEGMENTS)
    ]
    files = [await watched.client.download(segment, folder) for segment in done.segments]
    assert [decoded_samples(file) for file in files] == [samples] * SEGMENTS
    stored = [path.name for path in paths_in(deployment.data_dir / "objects") if path.parent.name == "out"]
    assert sorted(stored) == sorted(file.name for file in files)
    assert encoders(deployment.data_dir) == []
    scratch = paths_in(deployment.data_dir / "scratch")
    assert [path for path in scratch if path.name.startswith(watched.id)] == []
    assert len(workers_of(deployment)) == workers


def workers_of(deployment: Deployment) -> list[Path]:
    """The scratch folders of workers: those of dead ones are swept."""
    return list((deployment.data_dir / "scratch").glob("worker-*"))
