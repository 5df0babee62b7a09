"""Every process is replaced by a new one, one by one, while jobs of all kinds run: nobody loses anything."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from storage.s3_client import S3Credentials
from tests.cluster.followers import Follower, following
from tests.corpus.recordings import RATE, music, write_wav
from tests.faults.chaos_houses import SETTINGS, House
from tests.faults.chaos_run import run_chaos
from tests.faults.watched import PATIENCE
from tests.services.cluster import PAIRS, WORKERS, Cluster, running_services
from tests.services.web import Site, gated
from tests.services.zerokerf import API_KEY
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split

#: Many processes stop and start, on machines that may be busy.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

#: As docs/operations.md says.
ORDER = [
    *(f"server-{number}" for number in range(PAIRS)),
    *(f"gateway-{number}" for number in range(PAIRS)),
    *(f"worker-{number}" for number in range(WORKERS)),
]
#: Those that all clients of the test hold on to, once more when streams are sure to be open.
AGAIN = ["server-0", "gateway-0"]
LENGTH_S = 20


async def test_every_process_is_replaced_while_jobs_run_and_nothing_is_lost(tmp_path: Path) -> None:
    async with upgraded(tmp_path / "cluster") as house:
        report = await run_chaos(house, 3, [*ORDER, *AGAIN], tmp_path)

    assert report.problems == []
    assert report.hurts.total() == len(ORDER) + len(AGAIN)
    assert len(report.asked) >= 7


async def test_whoever_follows_on_a_process_that_is_replaced_is_told_of_every_event_once(
    cluster: Cluster, site: Site, tmp_path: Path
) -> None:
    recording = tmp_path / "held.wav"
    write_wav(recording, music(LENGTH_S * RATE))
    gate = threading.Event()
    url = site.add("/held.wav", gated(recording.read_bytes(), gate))
    async with AsyncClient(cluster.deployments[0].grpc_address, API_KEY, patience=PATIENCE) as client:
        job_id = (await client.create_split(url=url, every=timedelta(seconds=1), to="flac")).id
        try:
            async with following(cluster.deployments, job_id) as followers:
                await hear_news(client, job_id, followers)
                for name in ORDER[:-WORKERS]:
                    await replace(cluster, name)
                    await hear_news(client, job_id, followers)
                gate.set()
        finally:
            gate.set()
        done = await client.get_split(job_id)

    assert done.state == Split.STATE_COMPLETED, done.error
    assert [follower.name for follower in followers] == ORDER[:-WORKERS]
    for follower in followers:
        assert follower.heard == list(range(1, done.last_sequence + 1)), follower.name


async def hear_news(client: AsyncClient, job_id: str, followers: Iterable[Follower]) -> None:
    """Each hears an event that is not there yet, of a job that goes on: so its stream is open."""
    newest = (await client.get_split(job_id)).last_sequence
    await asyncio.gather(*(follower.until(newest + 1) for follower in followers))


async def replace(cluster: Cluster, name: str) -> None:
    stopped = cluster.processes[name]
    code = await asyncio.to_thread(stopped.terminate)
    assert code == 0, f"{name} was told to stop and left with {code}:\n{stopped.tail()}"
    await cluster.start(name)


@asynccontextmanager
async def upgraded(folder: Path) -> AsyncIterator[House]:
    """A cluster with what is done to it in an upgrade; one client speaks to one server and one gateway."""
    async with running_services(folder, SETTINGS) as cluster:
        cluster.make_deployments(PAIRS)
        await cluster.start(*ORDER[:PAIRS])
        await cluster.start(*ORDER[PAIRS:])
        processes = [*cluster.processes.values()]

        async def replace_one(name: str) -> None:
            await replace(cluster, name)
            processes.append(cluster.processes[name])

        async def replace_workers() -> None:
            await asyncio.gather(*map(replace_one, ORDER[-WORKERS:]))

        yield House(
            deployment=cluster.deployments[0],
            database_url=cluster.postgres.url,
            store_url=cluster.store_url(cluster.store.endpoint),
            credentials=S3Credentials(cluster.store.access_key, cluster.store.secret_key, None),
            hurts={name: partial(replace_one, name) for name in ORDER},
            hurts_at_once=1,
            processes=processes,
            killed=[],
            restart_workers=replace_workers,
            stop=partial(asyncio.to_thread, cluster.stop),
        )
