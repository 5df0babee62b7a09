"""Those who follow a job, each through one process of the cluster, and what they are told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx

from tests.faults.server_sent import server_sent
from tests.faults.watched import JOB_WITHIN_S, PATIENCE
from tests.services.zerokerf import API_KEY, Deployment
from zerokerf.client import AsyncClient

_NEWS_WITHIN_S = 30


class Follower:
    def __init__(self, name: str) -> None:
        self.name = name
        #: The numbers of the events that it was told, as they came.
        self.heard: list[int] = []
        self._has_left = False
        self._changed = asyncio.Condition()

    async def by_client(self, deployment: Deployment, job_id: str) -> None:
        async with (
            AsyncClient(deployment.grpc_address, API_KEY, patience=PATIENCE) as client,
            self._staying(),
        ):
            async for event in client.watch(job_id):
                await self._hear(event.sequence)

    async def over_rest(self, deployment: Deployment, job_id: str) -> None:
        headers, url = {"X-API-Key": API_KEY}, f"{deployment.rest_url}/api/v1"
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as http, self._staying():
            async for sequence, _ in server_sent(http, job_id):
                await self._hear(sequence)

    async def until(self, sequence: int) -> None:
        """Returns when it has heard this event or a later one, and follows still."""
        async with asyncio.timeout(_NEWS_WITHIN_S), self._changed:
            await self._changed.wait_for(lambda: self._has_left or max(self.heard, default=0) >= sequence)
        assert not self._has_left, f"who followed at {self.name} has left and heard {self.heard}"

    async def left(self) -> None:
        async with asyncio.timeout(JOB_WITHIN_S), self._changed:
            await self._changed.wait_for(lambda: self._has_left)

    async def _hear(self, sequence: int) -> None:
        self.heard.append(sequence)
        async with self._changed:
            self._changed.notify_all()

    @asynccontextmanager
    async def _staying(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self._has_left = True
            async with self._changed:
                self._changed.notify_all()


@asynccontextmanager
async def following(deployments: Sequence[Deployment], job_id: str) -> AsyncIterator[list[Follower]]:
    """One at each server and each gateway. At the end they stay until they were told that it is over."""
    servers = [Follower(f"server-{number}") for number in range(len(deployments))]
    gateways = [Follower(f"gateway-{number}") for number in range(len(deployments))]
    async with asyncio.TaskGroup() as tasks:
        for server, gateway, deployment in zip(servers, gateways, deployments, strict=True):
            tasks.create_task(server.by_client(deployment, job_id))
            tasks.create_task(gateway.over_rest(deployment, job_id))
        yield [*servers, *gateways]
        await asyncio.gather(*(follower.left() for follower in (*servers, *gateways)))
