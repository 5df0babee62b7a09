"""Whatever is asked of one server of a cluster, the other one knows of it."""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from server.accounts.operators import Operators
from server.accounts.plans import read_plans
from server.database.open import open_database
from tests.cluster.minutes import beginning_of_a_minute
from tests.corpus.decoders import decoded_samples
from tests.corpus.recordings import RATE, music, write_wav
from tests.faults.watched import PATIENCE
from tests.services.cluster import Cluster
from tests.services.web import Site, whole
from tests.services.zerokerf import API_KEY
from zerokerf.calls import Patience
from zerokerf.client import AsyncClient
from zerokerf.errors import RateLimited, Unauthenticated
from zerokerf.v1.split_pb2 import Split

pytestmark = pytest.mark.slow

LENGTH_S = 60
#: Of the plan that an account of the test has.
REQUESTS_A_MINUTE = 10
REVOKED_WITHIN_S = 2.0
ONCE = Patience(call_attempts=1)


@pytest.fixture(scope="session")
def url(site: Site, folder: Path) -> str:
    path = folder / "minute.wav"
    write_wav(path, music(LENGTH_S * RATE))
    return site.add("/minute.wav", whole(path.read_bytes()))


def client_of(
    cluster: Cluster, number: int, key: str = API_KEY, patience: Patience = PATIENCE
) -> AsyncClient:
    return AsyncClient(cluster.deployments[number].grpc_address, key, patience=patience)


async def test_a_watch_on_one_server_sees_the_job_of_the_other(
    cluster: Cluster, url: str, tmp_path: Path
) -> None:
    async with client_of(cluster, 0) as watching, client_of(cluster, 1) as asking:
        job = await asking.create_split(url=url, every=timedelta(seconds=10), to="flac")
        events = [event async for event in watching.watch(job.id)]
        done = await watching.get_split(job.id)
        files = [await watching.download(segment, tmp_path) for segment in done.segments]

    assert done.state == Split.STATE_COMPLETED
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [decoded_samples(file) for file in files] == [10 * RATE] * 6


async def test_a_watch_is_told_at_once_of_what_the_other_server_did(cluster: Cluster, url: str) -> None:
    async with client_of(cluster, 0) as watching, client_of(cluster, 1) as asking:
        job = await asking.create_split(url=url, every=timedelta(seconds=1), to="ogg")
        watched = asyncio.create_task(_final_of(watching, job.id))
        await _until_started(asking, job.id)
        began = time.monotonic()
        await asking.cancel_split(job.id)
        reason = await watched

    assert reason == "JOB_CANCELLED"
    assert time.monotonic() - began < 2


async def test_one_request_to_both_servers_at_once_makes_one_job(cluster: Cluster, url: str) -> None:
    async with client_of(cluster, 0) as one, client_of(cluster, 1) as other:
        made = await asyncio.gather(
            *(
                client.create_split(url=url, every=timedelta(seconds=30), request_id="once")
                for client in (one, other) * 5
            )
        )

    assert len({job.id for job in made}) == 1


async def test_a_key_that_one_server_revokes_is_refused_by_the_other(cluster: Cluster) -> None:
    async with client_of(cluster, 0) as one:
        made = await one.accounts.create_key("Short-lived")
        async with client_of(cluster, 1, made.secret, ONCE) as other:
            await _list(other)
            await one.accounts.revoke_key(made.key.id)
            async with asyncio.timeout(REVOKED_WITHIN_S):
                await _until_refused(other)


async def test_the_requests_of_a_key_are_counted_over_both_servers(cluster: Cluster) -> None:
    async with open_database(cluster.postgres.url) as database:
        made = await Operators(database, read_plans(None, "unlimited")).create("Small", "plan_free")
    await beginning_of_a_minute(margin_s=10)
    answered = 0
    async with (
        client_of(cluster, 0, made.key.secret, ONCE) as one,
        client_of(cluster, 1, made.key.secret, ONCE) as other,
    ):
        for client in (one, other) * REQUESTS_A_MINUTE:
            try:
                await _list(client)
            except RateLimited:
                continue
            answered += 1

    assert answered == REQUESTS_A_MINUTE


def test_both_gateways_answer_for_one_service(cluster: Cluster) -> None:
    headers = {"X-API-Key": API_KEY}
    shown = [
        httpx.get(f"{deployment.rest_url}/api/v1/splits?limit=100", headers=headers).json()
        for deployment in cluster.deployments
    ]

    assert shown[0] == shown[1]


async def _list(client: AsyncClient) -> list[Split]:
    return [job async for job in client.list_splits()]


async def _until_refused(client: AsyncClient) -> None:
    with suppress(Unauthenticated):
        while True:
            await _list(client)


async def _final_of(client: AsyncClient, job_id: str) -> str:
    async for event in client.watch(job_id):
        last = event
    return last.error.reason


async def _until_started(client: AsyncClient, job_id: str) -> None:
    async for event in client.watch(job_id):
        if event.progress.segments_done:
            return
