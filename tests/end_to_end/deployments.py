"""The ways of running the service that every test is held to."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
from minio import Minio
from urllib3 import PoolManager

from tests.end_to_end.service import Service
from tests.services.cluster import BUCKET, running_cluster
from tests.services.folders import files_in
from tests.services.seaweed import REGION, SeaweedServer
from tests.services.zerokerf import Deployment, running

#: Small enough that what is too much, or takes too long, is so within a test.
LIMITS = {
    "ZEROKERF_MAX_SOURCE_BYTES": str(48 << 20),
    "ZEROKERF_FETCH_IDLE_S": "1",
    "ZEROKERF_PLANS_FILE": str(Path(__file__).with_name("plans.toml")),
    "ZEROKERF_RETENTION_EVERY_S": "2",
    "ZEROKERF_WEBHOOK_SCHEDULE": "0.3,0.3",
    "ZEROKERF_WEBHOOK_PROGRESS_BYTES": str(8 << 20),
}
_BUCKET = "test-end-to-end"


@contextmanager
def folder_and_sqlite(folder: Path) -> Iterator[Service]:
    """Everything in one process."""
    deployment = Deployment(folder / "data", extra=LIMITS)
    with running(deployment), _http(deployment) as http:
        objects = deployment.data_dir / "objects"
        yield Service(
            deployment,
            f"sqlite:///{deployment.data_dir}/zerokerf.db",
            http,
            lambda: _files_below(objects),
        )


@contextmanager
def s3_and_postgres(folder: Path, seaweed: SeaweedServer, database_url: str) -> Iterator[Service]:
    """Server, gateway and worker apart."""
    prefix = uuid.uuid4().hex
    settings = {
        "ZEROKERF_DATABASE_URL": database_url,
        "ZEROKERF_STORAGE_URL": f"s3+http://{seaweed.endpoint}/{_BUCKET}/{prefix}?region={REGION}",
        "ZEROKERF_STORAGE_ACCESS_KEY": seaweed.access_key,
        "ZEROKERF_STORAGE_SECRET_KEY": seaweed.secret_key,
    }
    deployment = Deployment(folder / "data", extra={**LIMITS, **settings})
    with ExitStack() as stack:
        stack.enter_context(running(deployment, "server", "gateway", "worker"))
        stored = _stored_in(stack, seaweed, _BUCKET, prefix)
        yield Service(deployment, database_url, stack.enter_context(_http(deployment)), stored)


@contextmanager
def cluster(folder: Path) -> Iterator[Service]:
    """Two servers, two gateways and three workers: gRPC is spoken to the one half, REST to the other."""
    with ExitStack() as stack:
        found = stack.enter_context(running_cluster(folder, LIMITS))
        one, other = found.deployments
        both = replace(one, rest_address=other.rest_address)
        stored = _stored_in(stack, found.store, BUCKET, found.prefix)
        yield Service(both, found.postgres.url, stack.enter_context(_http(both)), stored)


def _stored_in(stack: ExitStack, server: SeaweedServer, bucket: str, prefix: str) -> Callable[[], list[str]]:
    store = Minio(
        server.endpoint,
        server.access_key,
        server.secret_key,
        secure=False,
        region=REGION,
        http_client=stack.enter_context(PoolManager()),
    )

    def stored() -> list[str]:
        found = store.list_objects(bucket, prefix=f"{prefix}/", recursive=True)
        return [str(entry.object_name) for entry in found]

    return stored


def _files_below(folder: Path) -> list[str]:
    """Also while the service removes some of them."""
    return [str(path.relative_to(folder)) for path in files_in(folder)]


def _http(deployment: Deployment) -> httpx.Client:
    return httpx.Client(base_url=deployment.rest_url, timeout=30)
