"""A long recording in an S3 store: cut inside the store, and by downloading, cutting and uploading it.

The store alone, told to copy the same ranges, shows how much of a job is not ours.
"""

import asyncio
import resource
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
from minio import Minio
from minio.commonconfig import ComposeSource

from benchmarks.results import Row, in_seconds, p50
from benchmarks.sources import BYTES_PER_S, make_wav
from server.media.decoder import find_decoder
from tests.services.postgres import running_postgres
from tests.services.seaweed import REGION, SeaweedServer, running_seaweed
from tests.services.zerokerf import API_KEY, Deployment, running
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split

SIZE_BYTES = 1 << 30
SEGMENT_S = 600
REPEATS = 3
LEAST_RATIO, MOST_CPU = 3.0, 0.05
_BUCKET = "zero-copy"


@dataclass(frozen=True, slots=True)
class Spent:
    """`cpu_s` is that of whoever works on the recording, not of the store."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class House:
    store: SeaweedServer
    deployment: Deployment
    worker: psutil.Process


async def measure(folder: Path) -> list[Row]:
    await asyncio.to_thread(folder.mkdir, parents=True)
    source = folder / "source.wav"
    make_wav(source, SIZE_BYTES)
    with _house(folder) as house:
        ours, theirs, copies_s = [], [], []
        async with AsyncClient(house.deployment.grpc_address, API_KEY) as client:
            upload_id, key = await asyncio.to_thread(_uploaded, house, source)
            await asyncio.to_thread(source.unlink)
            for _ in range(REPEATS):
                theirs.append(await asyncio.to_thread(_by_hand, house, key, folder))
                ours.append(await _job(client, house, upload_id))
                copies_s.append(await asyncio.to_thread(_copied_s, house.store, key))
    return _rows(ours, theirs, copies_s)


def _rows(ours: list[Spent], theirs: list[Spent], copies_s: list[float]) -> list[Row]:
    what = "1 GiB WAV in S3, segments of 600 s"
    wall = p50([each.wall_s for each in theirs]) / p50([each.wall_s for each in ours])
    cpu = p50([each.cpu_s for each in ours]) / p50([each.cpu_s for each in theirs])
    rows = []
    for name, all_of in (("download, ffmpeg, upload", theirs), ("a job, from its call to its end", ours)):
        times = in_seconds([each.wall_s for each in all_of])
        rows += [Row(f"{what}: {name}", "", times, len(all_of))]
        cpu_s = in_seconds([each.cpu_s for each in all_of])
        rows += [Row(f"{what}: {name}, processor time", "", cpu_s, len(all_of))]
    rows.append(Row(f"{what}: the store alone, copying these ranges", "", in_seconds(copies_s), REPEATS))
    bar, most = f"≥ {LEAST_RATIO:.0f} times", f"≤ {MOST_CPU:.0%}"
    rows += [
        Row(f"{what}: how much faster the job is", bar, f"{wall:.1f} times", REPEATS, wall >= LEAST_RATIO)
    ]
    share = f"{what}: the worker's share of that processor time"
    return [*rows, Row(share, most, f"{cpu:.1%}", REPEATS, cpu <= MOST_CPU)]


@contextmanager
def _house(folder: Path) -> Iterator[House]:
    with ExitStack() as stack:
        store = stack.enter_context(running_seaweed())
        settings = {
            "ZEROKERF_DATABASE_URL": stack.enter_context(running_postgres()),
            "ZEROKERF_STORAGE_URL": f"s3+http://{store.endpoint}/{_BUCKET}?region={REGION}",
            "ZEROKERF_STORAGE_ACCESS_KEY": store.access_key,
            "ZEROKERF_STORAGE_SECRET_KEY": store.secret_key,
        }
        deployment = Deployment(folder / "data", extra=settings)
        processes = stack.enter_context(running(deployment, "server", "gateway", "worker"))
        yield House(store, deployment, psutil.Process(processes[2].pid))


def _uploaded(house: House, source: Path) -> tuple[str, str]:
    """As a client puts it to its link; its id and where it lies."""
    url, asked = f"{house.deployment.rest_url}/api/v1/uploads", {"fileName": "source.wav"}
    upload = httpx.post(url, json=asked, headers={"X-API-Key": API_KEY}, timeout=30).raise_for_status().json()
    headers = {**upload["headers"], "Content-Length": str(source.stat().st_size)}
    with source.open("rb") as file:
        body = iter(lambda: file.read(1 << 20), b"")
        httpx.put(upload["url"], content=body, headers=headers, timeout=300).raise_for_status()
    found = _minio(house.store).list_objects(_BUCKET, recursive=True)
    names = (str(item.object_name) for item in found)
    return upload["id"], next(name for name in names if name.endswith("data.bin"))


async def _job(client: AsyncClient, house: House, upload_id: str) -> Spent:
    before_s, begun_s = _cpu_s(house.worker), time.perf_counter()
    job = await client.create_split(upload_id=upload_id, every=timedelta(seconds=SEGMENT_S))
    done = await client.wait(job.id)
    spent = Spent(time.perf_counter() - begun_s, _cpu_s(house.worker) - before_s)
    if done.state != Split.STATE_COMPLETED:
        raise RuntimeError(f"job {job.id} ended as {Split.State.Name(done.state)}: {done.error.reason}")
    await client.delete_split(job.id)
    return spent


def _cpu_s(worker: psutil.Process) -> float:
    """Its own and that of its helpers, but not of an engine that it may have started."""
    helpers = [each for each in worker.children(recursive=True) if "temporal" not in each.name()]
    own = worker.cpu_times()
    ended_s = own.children_user + own.children_system
    return ended_s + sum(
        times.user + times.system for times in (own, *(each.cpu_times() for each in helpers))
    )


def _by_hand(house: House, key: str, folder: Path) -> Spent:
    """In a process of its own, whose processor time, with ffmpeg's, the kernel counts."""
    store, work = house.store, folder / uuid.uuid4().hex
    work.mkdir()
    script = [
        sys.executable,
        "-m",
        "benchmarks.zero_copy",
        store.endpoint,
        store.access_key,
        store.secret_key,
    ]
    before, begun_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([*script, key, str(work)], check=True)
    wall_s, after = time.perf_counter() - begun_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _copied_s(store: SeaweedServer, key: str) -> float:
    """All segments at once, without headers: nothing can be cut within this store in less."""
    client = _minio(store)
    step, last = SEGMENT_S * BYTES_PER_S, client.stat_object(_BUCKET, key).size or 0
    ranges = [(offset, min(step, last - offset)) for offset in range(0, last, step)]

    def copy(place: tuple[int, int]) -> None:
        offset, length = place
        source = ComposeSource(_BUCKET, key, offset=offset, length=length)
        client.compose_object(_BUCKET, f"copies/{offset}", [source])

    begun_s = time.perf_counter()
    with ThreadPoolExecutor(len(ranges)) as pool:
        list(pool.map(copy, ranges))
    took_s = time.perf_counter() - begun_s
    for offset, _ in ranges:
        client.remove_object(_BUCKET, f"copies/{offset}")
    return took_s


def _minio(store: SeaweedServer) -> Minio:
    return Minio(store.endpoint, store.access_key, store.secret_key, secure=False, region=REGION)


def _cut_by_hand(store: SeaweedServer, key: str, folder: Path) -> None:
    client, source = _minio(store), folder / "source.wav"
    client.fget_object(_BUCKET, key, str(source))
    cut = ["-c", "copy", "-f", "segment", "-segment_time", str(SEGMENT_S), str(folder / "part-%03d.wav")]
    subprocess.run([str(find_decoder().binary), "-v", "error", "-i", str(source), *cut], check=True)
    parts = sorted(folder.glob("part-*.wav"))
    for part in parts:
        client.fput_object(_BUCKET, f"by-hand/{part.name}", str(part), content_type="audio/wav")
    for path in (source, *parts):
        path.unlink()
    for part in parts:
        client.remove_object(_BUCKET, f"by-hand/{part.name}")


if __name__ == "__main__":
    endpoint, access_key, secret_key, key, folder = sys.argv[1:]
    _cut_by_hand(SeaweedServer(endpoint, access_key, secret_key), key, Path(folder))
