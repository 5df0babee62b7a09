"""One worker held to one core beside two workers on two: how much more two of them get done."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.results import Row
from benchmarks.scaling_cluster import CORES, held_to, running_cluster
from benchmarks.sources import BYTES_PER_S, make_wav, whole_file
from benchmarks.transcription_jobs import transcribe
from tests.corpus.speech import lecture
from tests.services.cluster import Cluster
from tests.services.web import running_site
from tests.services.zerokerf import API_KEY
from tests.speech.recordings import write
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split

BAR = 1.8
ROUNDS = 2
#: Cores of the workers under test; everything else has the others.
WORKER_CORES, OTHER_CORES = CORES[:2], CORES[2:]
#: What one core does at a time.
SETTINGS = {
    "ZEROKERF_WORKER_JOBS": "2",
    "ZEROKERF_ENCODE_PARALLEL": "1",
    "ZEROKERF_SPEECH_THREADS": "1",
}
LONG_S, LONG_SEGMENT_S = 1800, 60
SHORT_S, SHORT_JOBS, SHORT_SEGMENT_S = 60, 36, 20
SPEECH_JOBS, SPEECH_S = 8, 150

Work = Callable[[AsyncClient], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Kind:
    what: str
    work: Work


async def measure(folder: Path) -> list[Row]:
    if not OTHER_CORES:
        return [Row("two workers on two cores", "", "not measured: two cores or fewer", 0)]
    with held_to(OTHER_CORES):
        async with running_cluster(folder, SETTINGS) as cluster:
            await cluster.start("server-0")
            long, short, speech = await asyncio.to_thread(_make_recordings, folder)
            with running_site() as site:
                long_url, short_url = (site.add(f"/{path.name}", whole_file(path)) for path in (long, short))
                return await _rows(cluster, _kinds(long_url, short_url, speech))


async def _rows(cluster: Cluster, kinds: Sequence[_Kind]) -> list[Row]:
    """The second worker joins when all is measured with one: one that has left is counted for a minute."""
    async with AsyncClient(cluster.deployments[0].grpc_address, API_KEY) as client:
        await _start_worker(cluster, 0)
        one_s = [await _least_s(client, kind.work) for kind in kinds]
        await _start_worker(cluster, 1)
        two_s = [await _least_s(client, kind.work) for kind in kinds]
    return [_row(kind, one, two) for kind, one, two in zip(kinds, one_s, two_s, strict=True)]


async def _start_worker(cluster: Cluster, number: int) -> None:
    with held_to(WORKER_CORES[number : number + 1]):
        worker = cluster.launch(f"worker-{number}")
    await asyncio.to_thread(worker.wait_ready)


def _make_recordings(folder: Path) -> tuple[Path, Path, Path]:
    long, short = folder / "long.wav", folder / "short.wav"
    make_wav(long, LONG_S * BYTES_PER_S)
    make_wav(short, SHORT_S * BYTES_PER_S)
    return long, short, write(folder / "speech.wav", lecture(SPEECH_S).samples)


def _kinds(long_url: str, short_url: str, speech: Path) -> Sequence[_Kind]:
    async def one_long(client: AsyncClient) -> None:
        await _split(client, long_url, LONG_SEGMENT_S)

    async def many_short(client: AsyncClient) -> None:
        await asyncio.gather(*(_split(client, short_url, SHORT_SEGMENT_S) for _ in range(SHORT_JOBS)))

    async def speaking(client: AsyncClient) -> None:
        await asyncio.gather(*(transcribe(client.batch, speech) for _ in range(SPEECH_JOBS)))

    return (
        _Kind(f"one job, {LONG_S // 60} min of wav → mp3 in {LONG_S // LONG_SEGMENT_S} segments", one_long),
        _Kind(f"{SHORT_JOBS} jobs, {SHORT_S} s of wav → mp3 each", many_short),
        _Kind(f"{SPEECH_JOBS} transcriptions, {SPEECH_S} s of speech each", speaking),
    )


async def _split(client: AsyncClient, url: str, every_s: float) -> None:
    made = await client.create_split(url=url, every=timedelta(seconds=every_s), to="mp3")
    job = await client.wait(made.id)
    if job.state != Split.STATE_COMPLETED:
        raise RuntimeError(f"job {job.id} ended as {Split.State.Name(job.state)}: {job.error.reason}")


async def _least_s(client: AsyncClient, work: Work) -> float:
    """Of so many rounds: a neighbour on the machine makes nobody quicker."""
    took_s = []
    for _ in range(ROUNDS):
        begun_s = time.perf_counter()
        await work(client)
        took_s.append(time.perf_counter() - begun_s)
    return min(took_s)


def _row(kind: _Kind, one_s: float, two_s: float) -> Row:
    ratio = one_s / two_s
    told = f"{ratio:.2f} times: {one_s:.1f} s by one, {two_s:.1f} s by two"
    return Row(f"two workers on two cores, {kind.what}", f"≥ {BAR} times", told, ROUNDS, ratio >= BAR)
