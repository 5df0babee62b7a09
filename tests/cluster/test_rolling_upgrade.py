"""Every process is replaced by a new one, one by one, while jobs of all kinds run: nobody loses anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from storage.s3_client import S3Credentials
from tests.faults.chaos_houses import SETTINGS, House
from tests.faults.chaos_run import run_chaos
from tests.services.cluster import PAIRS, WORKERS, running_services

#: Many processes stop and start, on machines that may be busy.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

#: As docs/operations.md says.
ORDER = [
    *(f"server-{number}" for number in range(PAIRS)),
    *(f"gateway-{number}" for number in range(PAIRS)),
    *(f"worker-{number}" for number in range(WORKERS)),
]
#: Those that all clients of the test hold on to, once more when streams are sure to be open.
AGAIN = ["server-0", "gateway-0"]


async def test_every_process_is_replaced_while_jobs_run_and_watches_go_on(tmp_path: Path) -> None:
    async with upgraded(tmp_path / "cluster") as house:
        report = await run_chaos(house, 3, [*ORDER, *AGAIN], tmp_path)

    assert report.problems == []
    assert report.hurts.total() == len(ORDER) + len(AGAIN)
    assert len(report.asked) >= 7


@asynccontextmanager
async def upgraded(folder: Path) -> AsyncIterator[House]:
    """A cluster with what is done to it in an upgrade; one client speaks to one server and one gateway."""
    async with running_services(folder, SETTINGS) as cluster:
        cluster.make_deployments(PAIRS)
        await cluster.start(*ORDER[:PAIRS])
        await cluster.start(*ORDER[PAIRS:])
        processes = [*cluster.processes.values()]

        async def replace(name: str) -> None:
            stopped = cluster.processes[name]
            code = await asyncio.to_thread(stopped.terminate)
            assert code == 0, f"{name} was told to stop and left with {code}:\n{stopped.tail()}"
            await cluster.start(name)
            processes.append(cluster.processes[name])

        async def replace_workers() -> None:
            await asyncio.gather(*map(replace, ORDER[-WORKERS:]))

        yield House(
            deployment=cluster.deployments[0],
            database_url=cluster.postgres.url,
            store_url=cluster.store_url(cluster.store.endpoint),
            credentials=S3Credentials(cluster.store.access_key, cluster.store.secret_key, None),
            hurts={name: partial(replace, name) for name in ORDER},
            hurts_at_once=1,
            processes=processes,
            killed=[],
            restart_workers=replace_workers,
            stop=partial(asyncio.to_thread, cluster.stop),
        )
