"""The service as processes on PostgreSQL, an S3 server and Temporal, held to cores if wanted."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.services.cluster import Cluster, running_services

CORES = tuple(sorted(os.sched_getaffinity(0)))


@contextmanager
def held_to(cores: Sequence[int]) -> Iterator[None]:
    """What is started in the block, by this thread, stays on these cores with all that it starts."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@asynccontextmanager
async def running_cluster(folder: Path, extra: Mapping[str, str] | None = None) -> AsyncIterator[Cluster]:
    """Everything but the processes of the service, with settings for them."""
    await asyncio.to_thread(_make_open, folder)
    async with running_services(folder / "cluster", extra) as cluster:
        cluster.make_deployments(1)
        yield cluster


def _make_open(folder: Path) -> None:
    """PostgreSQL runs as somebody else and has to get through."""
    folder.mkdir(parents=True)
    folder.parent.chmod(0o755)
