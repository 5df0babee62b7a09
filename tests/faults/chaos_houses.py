"""Services that can be hurt: what can be done to each of their parts, and how it comes back."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from storage.open_store import OpenedStore, open_store
from storage.s3_client import S3Credentials
from tests.faults.chaos_apart import Apart, Hurt
from tests.faults.fake_clocks import clocks_in
from tests.faults.processes import engine_of
from tests.faults.scratch_disks import scratch_disk
from tests.services.cluster import running_services
from tests.services.zerokerf import Deployment, Process
from tests.storage.fault_proxy import fault_proxy

#: Retries that a test can wait for, work that lasts, and logs that tell of it.
SETTINGS = {
    "ZEROKERF_ENCODE_PARALLEL": "1",
    "ZEROKERF_LOG_LEVEL": "debug",  # which tells when a step is left
    "ZEROKERF_SPEECH_THREADS": "1",
    "ZEROKERF_WORKER_JOBS": "4",
    "ZEROKERF_WEBHOOK_SCHEDULE": "1,1,1,2,2,3,3,5,5,5,10,10,10,10",
}


@dataclass(frozen=True, slots=True)
class House:
    """A running service. Names of hurts that begin with "kill" are SIGKILLs; each ends when all is back."""

    deployment: Deployment
    database_url: str
    store_url: str
    credentials: S3Credentials | None
    hurts: Mapping[str, Hurt]
    hurts_at_once: int
    #: Every process there ever was, for its log.
    processes: list[Process]
    #: Those that could do work, and when.
    killed: list[tuple[datetime, Process]]
    #: The new ones sweep what killed ones left.
    restart_workers: Hurt
    stop: Hurt

    def opened_store(self) -> AbstractAsyncContextManager[OpenedStore]:
        return open_store(
            self.store_url, credentials=self.credentials, signing_key=b"k" * 32, public_url="http://unused"
        )


@asynccontextmanager
async def house_apart(
    folder: Path, chance: random.Random, *, pairs: int = 1, workers: int = 2, jumps: bool = False
) -> AsyncIterator[House]:
    """Servers, gateways and workers on PostgreSQL, Temporal and an S3 server behind a proxy.

    With `jumps` their clocks can be set, where that is possible.
    """
    async with AsyncExitStack() as stack:
        disk = stack.enter_context(scratch_disk(folder / "scratch"))
        settings = SETTINGS | ({"ZEROKERF_SCRATCH_DIR": str(disk.folder)} if disk else {})
        cluster = await stack.enter_async_context(running_services(folder / "cluster", settings))
        proxy = await stack.enter_async_context(fault_proxy(cluster.store.endpoint))
        cluster.make_deployments(pairs, store_endpoint=proxy.endpoint)
        clock_of = clocks_in(folder) if jumps else None
        apart = Apart(cluster, proxy, disk, clock_of, chance)
        await apart.start(pairs, workers)
        yield House(
            deployment=cluster.deployments[0],
            database_url=cluster.postgres.url,
            store_url=cluster.store_url(cluster.store.endpoint),
            credentials=S3Credentials(cluster.store.access_key, cluster.store.secret_key, None),
            hurts=apart.hurts,
            hurts_at_once=3,
            processes=apart.processes,
            killed=apart.killed,
            restart_workers=apart.restart_workers,
            stop=apart.stop,
        )


@asynccontextmanager
async def house_in_one(folder: Path, chance: random.Random) -> AsyncIterator[House]:
    """Everything in one process, on a folder and SQLite."""
    deployment = Deployment(folder / "data", extra=SETTINGS)
    processes = [await asyncio.to_thread(Process(deployment, "serve").wait_ready)]

    killed: list[tuple[datetime, Process]] = []

    async def start() -> None:
        processes.append(await asyncio.to_thread(Process(deployment, "serve").wait_ready))

    async def kill_serve() -> None:
        killed.append((datetime.now(UTC), processes[-1]))
        await asyncio.to_thread(processes[-1].kill)
        await asyncio.sleep(chance.uniform(0, 1))
        await start()

    async def kill_engine() -> None:
        before = await asyncio.to_thread(engine_of, processes[-1])
        before.kill()
        await asyncio.to_thread(before.wait, 10)

    async def stop() -> None:
        await asyncio.to_thread(processes[-1].terminate)

    async def restart() -> None:
        await stop()
        await start()

    try:
        yield House(
            deployment=deployment,
            database_url=f"sqlite:///{deployment.data_dir}/zerokerf.db",
            store_url=f"file://{deployment.data_dir}/objects",
            credentials=None,
            hurts={"kill serve": kill_serve, "kill embedded engine": kill_engine},
            hurts_at_once=1,
            processes=processes,
            killed=killed,
            restart_workers=restart,
            stop=stop,
        )
    finally:
        await stop()
