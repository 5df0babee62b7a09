"""A worker dies while the store makes a segment of ranges: segments are true, and no upload stays open."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from server.database.clock import utc_now
from storage.open_store import OpenedStore, open_store
from storage.s3_client import S3Credentials
from tests.corpus.decoders import pcm
from tests.faults.long_upload import CUT_S, put, write_long
from tests.faults.watched import PATIENCE
from tests.services.cluster import Cluster, running_services
from tests.services.zerokerf import API_KEY
from tests.storage.fault_proxy import Fault, Request, Rule, fault_proxy
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split

pytestmark = pytest.mark.slow

#: The clocks of stores are their own.
LATER = timedelta(minutes=5)


async def test_a_worker_may_die_while_the_store_composes(tmp_path: Path) -> None:
    recording, composing = write_long(tmp_path / "long.wav"), asyncio.Event()
    async with (
        running_services(tmp_path / "cluster") as cluster,
        fault_proxy(cluster.store.endpoint) as proxy,
    ):
        cluster.make_deployments(1, store_endpoint=proxy.endpoint)
        await cluster.start("server-0")
        await cluster.start("gateway-0", "worker-0")
        deployment = cluster.deployments[0]
        async with AsyncClient(deployment.grpc_address, API_KEY, patience=PATIENCE) as client:
            upload_id = await put(deployment, recording)
            proxy.rule = _stopped_in_a_part(composing)
            job = await client.create_split(upload_id=upload_id, at=[timedelta(seconds=CUT_S)])
            async with asyncio.timeout(60):
                await composing.wait()
            await asyncio.to_thread(cluster.processes["worker-0"].kill)
            await cluster.start("worker-0")
            done = await client.wait(job.id)
            files = [await client.download(segment, tmp_path) for segment in done.segments]
        async with _store(cluster) as opened:
            swept = [await opened.sweeper.sweep_unfinished(utc_now() + LATER) for _ in range(2)]
            stored = [info.key async for info in opened.store.list("t/") if f"/{job.id}/out/" in info.key]

    assert done.state == Split.STATE_COMPLETED, done.error
    assert [segment.sha256 == "" for segment in done.segments] == [True, False]
    assert b"".join(map(pcm, files)) == pcm(recording)
    assert sorted(Path(key).name for key in stored) == sorted(file.name for file in files)
    assert swept == [1, 0]


def _stopped_in_a_part(stopped: asyncio.Event) -> Rule:
    """The store has copied the first part that is told of; the worker hears half of the answer."""

    def rule(request: Request) -> Fault:
        if stopped.is_set() or request.method != "PUT" or "partNumber=2" not in request.target:
            return Fault.NONE
        stopped.set()
        return Fault.STALL_REPLY

    return rule


def _store(cluster: Cluster) -> AbstractAsyncContextManager[OpenedStore]:
    server = cluster.store
    return open_store(
        cluster.store_url(server.endpoint),
        credentials=S3Credentials(server.access_key, server.secret_key, None),
        signing_key=b"k" * 32,
        public_url="http://unused",
    )
