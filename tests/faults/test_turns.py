"""Accounts take turns: a crowd of one account's jobs does not keep those of another waiting."""

from datetime import timedelta

import pytest

from server.accounts.operators import Operators
from server.accounts.plans import read_plans
from server.database.open import open_database
from tests.services.web import Site, whole
from tests.services.zerokerf import API_KEY, Deployment, running
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split

pytestmark = pytest.mark.slow

CROWD = 60


async def test_a_job_of_another_account_overtakes_a_crowd(
    deployment: Deployment, site: Site, busy_content: bytes
) -> None:
    url = site.add("/crowd.wav", whole(busy_content))
    with running(deployment):
        async with (
            AsyncClient(deployment.grpc_address, API_KEY) as crowd,
            AsyncClient(deployment.grpc_address, await _another_account(deployment)) as other,
        ):
            for _ in range(CROWD):
                await crowd.create_split(url=url, every=timedelta(seconds=10), to="flac")
            job = await other.create_split(url=url, every=timedelta(seconds=10), to="wav")
            ended = await other.wait(job.id)
            waiting = [each async for each in crowd.list_splits(Split.STATE_QUEUED)]

    assert ended.state == Split.STATE_COMPLETED
    assert len(waiting) > CROWD / 2


async def _another_account(deployment: Deployment) -> str:
    async with open_database(f"sqlite:///{deployment.data_dir / 'zerokerf.db'}") as database:
        made = await Operators(database, read_plans(None, "unlimited")).create("Another")
    return made.key.secret
