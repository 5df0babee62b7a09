"""A backup that is taken of a cluster at work is a service again: another database, store and engine."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from minio import Minio
from urllib3 import PoolManager

from tests.corpus.decoders import decoded_samples
from tests.corpus.recordings import RATE, music, write_wav
from tests.faults.watched import PATIENCE
from tests.services.cluster import BUCKET, Cluster, running_services
from tests.services.dumps import dump, restore
from tests.services.seaweed import REGION
from tests.services.web import Site, whole
from tests.services.zerokerf import API_KEY, Deployment
from tests.webhooks.receiver import Received, Receiver, Script, answers, receiving
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split, SplitEvent

pytestmark = pytest.mark.slow

PARTS = ("server-0", "gateway-0", "worker-0")
DONE_S, DONE_SEGMENTS = 60, 3
LONG_S, LONG_SEGMENTS = 600, 20
#: A webhook that is refused for as long as the test needs.
SETTINGS = {"ZEROKERF_ENCODE_PARALLEL": "1", "ZEROKERF_WEBHOOK_SCHEDULE": ",".join(["5"] * 40)}
ENDS_WITHIN_S = 150


async def test_a_cluster_is_restored_with_all_its_jobs_keys_and_webhooks(
    site: Site, folder: Path, tmp_path: Path
) -> None:
    is_open = asyncio.Event()
    async with receiving(refusing_until(is_open)) as receiver:
        async with at_work(tmp_path / "lost") as lost, client_of(lost) as client:
            done = await finished(client, served(site, folder, DONE_S), receiver)
            told = [event async for event in client.watch(done.id)]
            key = (await client.accounts.create_key("Kept")).secret
            under_way = await begun(client, served(site, folder, LONG_S))
            await back_up(lost, tmp_path)
            for process in lost.processes.values():
                await asyncio.to_thread(process.kill)
        refused = len(receiver.received)
        is_open.set()

        async with restored(tmp_path) as found, client_of(found, key) as client:
            assert await doctor(found.deployments[0]) == 0
            await check_done(client, done, told, tmp_path)
            await check_finished(client, under_way, tmp_path)
            await receiver.until(refused + 1)
    assert len({(each.headers["webhook-id"], each.body) for each in receiver.received}) == 1


def refusing_until(is_open: asyncio.Event) -> Script:
    async def script(got: Received, writer: asyncio.StreamWriter) -> None:
        await answers(200 if is_open.is_set() else 503)(got, writer)

    return script


@asynccontextmanager
async def at_work(folder: Path) -> AsyncIterator[Cluster]:
    async with running_services(folder, SETTINGS) as cluster:
        await open_for_business(cluster)
        yield cluster


@asynccontextmanager
async def restored(backup: Path) -> AsyncIterator[Cluster]:
    """On services that hold nothing but what was kept, and an engine that knows of nothing."""
    async with running_services(backup / "found", SETTINGS) as cluster:
        await restore(cluster.postgres.url, backup / "records.dump")
        await asyncio.to_thread(upload_objects, cluster, backup / "objects")
        await open_for_business(cluster)
        yield cluster


async def open_for_business(cluster: Cluster) -> None:
    cluster.make_deployments(1)
    await cluster.start(PARTS[0])
    await cluster.start(*PARTS[1:])


async def back_up(cluster: Cluster, folder: Path) -> None:
    """As docs/operations.md says: first the records, then the objects that they name."""
    await dump(cluster.postgres.url, folder / "records.dump")
    await asyncio.to_thread(download_objects, cluster, folder / "objects")


def download_objects(cluster: Cluster, folder: Path) -> None:
    with PoolManager() as connections:
        store = store_of(cluster, connections)
        for found in store.list_objects(BUCKET, prefix=f"{cluster.prefix}/", recursive=True):
            name = str(found.object_name)
            store.fget_object(BUCKET, name, str(folder / name.removeprefix(f"{cluster.prefix}/")))


def upload_objects(cluster: Cluster, folder: Path) -> None:
    with PoolManager() as connections:
        store = store_of(cluster, connections)
        store.make_bucket(BUCKET)
        for file in folder.rglob("*"):
            if file.is_file():
                store.fput_object(BUCKET, f"{cluster.prefix}/{file.relative_to(folder)}", str(file))


def store_of(cluster: Cluster, connections: PoolManager) -> Minio:
    server = cluster.store
    return Minio(
        server.endpoint,
        server.access_key,
        server.secret_key,
        secure=False,
        region=REGION,
        http_client=connections,
    )


def client_of(cluster: Cluster, key: str = API_KEY) -> AsyncClient:
    return AsyncClient(cluster.deployments[0].grpc_address, key, patience=PATIENCE)


def served(site: Site, folder: Path, length_s: int) -> str:
    path = folder / f"restored-{length_s}.wav"
    write_wav(path, music(length_s * RATE))
    return site.add(f"/{path.name}", whole(path.read_bytes()))


async def finished(client: AsyncClient, url: str, receiver: Receiver) -> Split:
    """A completed job whose webhook was refused once."""
    every = timedelta(seconds=DONE_S // DONE_SEGMENTS)
    job = await client.create_split(url=url, every=every, to="flac", webhook_url=receiver.url)
    done = await client.wait(job.id)
    await receiver.until(1)
    return done


async def begun(client: AsyncClient, url: str) -> str:
    """A job some of whose segments are on record."""
    job = await client.create_split(url=url, every=timedelta(seconds=LONG_S // LONG_SEGMENTS), to="mp3")
    async for event in client.watch(job.id):
        if event.progress.segments_done >= 2:
            break
    assert not event.error.reason
    return job.id


async def check_done(client: AsyncClient, done: Split, told: list[SplitEvent], folder: Path) -> None:
    """Job, events and files are what they were."""
    now = await client.get_split(done.id)
    files = [await client.download(segment, folder) for segment in now.segments]

    assert [event async for event in client.watch(done.id)] == told
    assert [segment.sha256 for segment in now.segments] == [segment.sha256 for segment in done.segments]
    assert [decoded_samples(file) for file in files] == [DONE_S // DONE_SEGMENTS * RATE] * DONE_SEGMENTS


async def check_finished(client: AsyncClient, job_id: str, folder: Path) -> None:
    """It was under way, and is done from there: whole, and its events without a gap."""
    async with asyncio.timeout(ENDS_WITHIN_S):
        events = [event async for event in client.watch(job_id)]
    done = await client.get_split(job_id)
    files = [await client.download(segment, folder) for segment in done.segments]

    assert done.state == Split.STATE_COMPLETED, done.error
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [decoded_samples(file) for file in files] == [LONG_S // LONG_SEGMENTS * RATE] * LONG_SEGMENTS


async def doctor(deployment: Deployment) -> int:
    command = [str(Path(sys.executable).with_name("zerokerf")), "doctor"]
    process = await asyncio.create_subprocess_exec(*command, env=deployment.environment())
    async with asyncio.timeout(120):
        return await process.wait()
