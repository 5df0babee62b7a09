"""The service on a cluster's parts: PostgreSQL, an S3 server, Temporal, and any number of each process."""

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

from anyio.from_thread import start_blocking_portal

from tests.services.ports import lasting_port
from tests.services.postgres import PostgresServer
from tests.services.seaweed import REGION, Seaweed, SeaweedServer
from tests.services.temporal import TemporalServer
from tests.services.zerokerf import Deployment, Process

BUCKET = "test-cluster"
PAIRS = 2
WORKERS = 3


class Cluster:
    """Everything is on loopback. Each server has a gateway of the same number, and all of them one store."""

    def __init__(self, folder: Path, extra: Mapping[str, str]) -> None:
        # PostgreSQL runs as somebody else, who cannot reach the folders of tests.
        self.database_dir = Path(tempfile.mkdtemp(prefix="zerokerf-postgres-"))
        self.data_dir = folder / "data"
        self.postgres = PostgresServer(self.database_dir, port=lasting_port(), durable=True)
        self.seaweed = Seaweed()
        self.temporal = TemporalServer(folder / "temporal")
        self.prefix = uuid.uuid4().hex
        self._extra = dict(extra)
        self.deployments: list[Deployment] = []
        self.processes: dict[str, Process] = {}

    @property
    def store(self) -> SeaweedServer:
        return self.seaweed.server

    def store_url(self, endpoint: str) -> str:
        return f"s3+http://{endpoint}/{BUCKET}/{self.prefix}?region={REGION}"

    async def start_services(self) -> None:
        await asyncio.gather(
            asyncio.to_thread(self.postgres.start), self.start_store(), self.temporal.start()
        )

    async def start_store(self) -> None:
        assert await asyncio.to_thread(self.seaweed.start), "the S3 server did not start"

    def make_deployments(self, count: int, *, store_endpoint: str | None = None) -> None:
        """So many pairs of server and gateway, with the same settings but for where they listen."""
        settings = {
            "ZEROKERF_DATABASE_URL": self.postgres.url,
            "ZEROKERF_STORAGE_URL": self.store_url(store_endpoint or self.store.endpoint),
            "ZEROKERF_STORAGE_ACCESS_KEY": self.store.access_key,
            "ZEROKERF_STORAGE_SECRET_KEY": self.store.secret_key,
            "ZEROKERF_TEMPORAL_ADDRESS": self.temporal.address,
            "ZEROKERF_TEMPORAL_NAMESPACE": self.temporal.namespace,
        }
        one = Deployment(self.data_dir, extra={**settings, **self._extra})
        self.deployments = [
            replace(
                one,
                grpc_address=f"127.0.0.1:{lasting_port()}",
                rest_address=f"127.0.0.1:{lasting_port()}",
            )
            for _ in range(count)
        ]

    def launch(self, name: str, extra: Mapping[str, str] | None = None) -> Process:
        """Start a process by its name, such as `server-0`: its command and its number."""
        command, _, number = name.partition("-")
        deployment = self.deployments[int(number) % len(self.deployments)]
        deployment = replace(deployment, extra={**deployment.extra, **(extra or {})})
        self.processes[name] = Process(deployment, command)
        return self.processes[name]

    async def start(self, *names: str) -> None:
        launched = [self.launch(name) for name in names]
        await asyncio.gather(*(asyncio.to_thread(process.wait_ready) for process in launched))

    def stop(self) -> None:
        """Processes politely, in reverse order of their starts."""
        for process in reversed(self.processes.values()):
            process.terminate()
        self.processes.clear()


@asynccontextmanager
async def running_services(folder: Path, extra: Mapping[str, str] | None = None) -> AsyncIterator[Cluster]:
    """All but the processes of the service; what of those is started is stopped at the end."""
    cluster = Cluster(folder, extra or {})
    try:
        await cluster.start_services()
        yield cluster
    finally:
        await asyncio.to_thread(cluster.stop)
        cluster.temporal.kill()
        await asyncio.to_thread(cluster.seaweed.remove)
        await asyncio.to_thread(cluster.postgres.kill)
        await asyncio.to_thread(shutil.rmtree, cluster.database_dir, ignore_errors=True)


@contextmanager
def running_cluster(folder: Path, extra: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """Two servers, two gateways and three workers, kept for many tests by a loop of its own."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_ready_cluster(folder, extra)) as cluster,
    ):
        yield cluster


@asynccontextmanager
async def _ready_cluster(folder: Path, extra: Mapping[str, str] | None) -> AsyncIterator[Cluster]:
    async with running_services(folder, extra) as cluster:
        cluster.make_deployments(PAIRS)
        # Together: one of them migrates, the other waits for it.
        await cluster.start(*(f"server-{number}" for number in range(PAIRS)))
        gateways = (f"gateway-{number}" for number in range(PAIRS))
        await cluster.start(*gateways, *(f"worker-{number}" for number in range(WORKERS)))
        yield cluster
