"""A fresh service, as `zerokerf serve` starts it, and one job of it followed to its end."""

import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.services.web import Site, running_site
from tests.services.zerokerf import API_KEY, Deployment, Process
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split


@dataclass(frozen=True, slots=True)
class Bench:
    """What a measurement works with: a folder of its own, a web server and a running service."""

    folder: Path
    site: Site
    deployment: Deployment
    process: Process

    def client(self) -> AsyncClient:
        return AsyncClient(self.deployment.grpc_address, API_KEY)


@contextmanager
def serving(deployment: Deployment) -> Iterator[Process]:
    process = Process(deployment, "serve")
    try:
        yield process.wait_ready()
    finally:
        process.terminate()


@contextmanager
def fresh_bench(folder: Path) -> Iterator[Bench]:
    folder.mkdir(parents=True)
    deployment = Deployment(folder / "data")
    with running_site() as site, serving(deployment) as process:
        yield Bench(folder, site, deployment, process)


@dataclass(frozen=True, slots=True)
class Followed:
    """When things happened, in seconds since the call that made the job began."""

    created_s: float
    events_s: tuple[float, ...]


async def follow(client: AsyncClient, url: str, every_s: float, to: str) -> Followed:
    """Create, watch at once, and be told by the last event that the job is completed."""
    begun_s = time.perf_counter()
    job = await client.create_split(url=url, every=timedelta(seconds=every_s), to=to)
    created_s = time.perf_counter() - begun_s
    events_s = []
    async with aclosing(client.watch(job.id)) as events:
        async for event in events:
            events_s.append(time.perf_counter() - begun_s)
            job.state, reason = event.state, event.error.reason
    if job.state != Split.STATE_COMPLETED:
        raise RuntimeError(f"job {job.id} ended as {Split.State.Name(job.state)}: {reason}")
    return Followed(created_s, tuple(events_s))
