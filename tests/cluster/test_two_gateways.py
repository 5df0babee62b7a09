"""Whatever REST is told at one gateway holds at the other one, which calls another server."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from server.accounts.operators import Operators
from server.accounts.plans import read_plans
from server.database.open import open_database
from tests.cluster.minutes import beginning_of_a_minute
from tests.services.cluster import Cluster
from tests.services.zerokerf import API_KEY

pytestmark = pytest.mark.slow

#: Of the plan that an account of the test has.
REQUESTS_A_MINUTE = 10
REVOKED_WITHIN_S = 2.0
SPLITS = "/api/v1/splits"
KEYS = "/api/v1/api-keys"


@pytest.fixture
async def gateways(cluster: Cluster) -> AsyncIterator[list[httpx.AsyncClient]]:
    one, other = cluster.deployments
    async with (
        httpx.AsyncClient(base_url=one.rest_url, timeout=30) as first,
        httpx.AsyncClient(base_url=other.rest_url, timeout=30) as second,
    ):
        yield [first, second]


async def test_requests_that_come_at_once_are_counted_exactly_over_both_gateways(
    cluster: Cluster, gateways: list[httpx.AsyncClient]
) -> None:
    async with open_database(cluster.postgres.url) as database:
        made = await Operators(database, read_plans(None, "unlimited")).create("Hasty", "plan_free")
    headers = with_key(made.key.secret)
    await beginning_of_a_minute(margin_s=15)

    answers = await asyncio.gather(
        *(gateway.get(SPLITS, headers=headers) for gateway in gateways * REQUESTS_A_MINUTE)
    )

    assert Counter(answer.status_code for answer in answers) == {
        200: REQUESTS_A_MINUTE,
        429: REQUESTS_A_MINUTE,
    }
    left = sorted(int(each.headers["X-RateLimit-Remaining"]) for each in answers if each.is_success)
    assert left == list(range(REQUESTS_A_MINUTE))


async def test_a_key_that_is_revoked_at_one_gateway_is_refused_by_the_other(
    gateways: list[httpx.AsyncClient],
) -> None:
    one, other = gateways
    made = await one.post(KEYS, json={"name": "Short-lived"}, headers=with_key(API_KEY))
    assert made.status_code == 201, made.text
    headers = with_key(made.json()["key"])
    assert (await other.get(SPLITS, headers=headers)).status_code == 200

    gone = await one.delete(f"{KEYS}/{made.json()['id']}", headers=with_key(API_KEY))
    revoked_at = time.monotonic()

    assert gone.status_code == 204
    async with asyncio.timeout(REVOKED_WITHIN_S):
        while (answer := await other.get(SPLITS, headers=headers)).status_code == 200:
            pass
    assert answer.status_code == 401
    assert time.monotonic() - revoked_at < REVOKED_WITHIN_S


def with_key(key: str) -> dict[str, str]:
    return {"X-API-Key": key}
