"""One long recording is encoded by all workers there are, and survives the loss of one of them."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.conftest import BUSY_S
from tests.faults.watched import check, submitted
from tests.services.zerokerf import Deployment, Process, running

pytestmark = pytest.mark.slow


def shares_of(worker: Process) -> set[str]:
    """Steps of the worker's log that cut a share, by their name."""
    return {name for name in ("cut-0", "cut-1") if any(name in line for line in worker.output)}


async def test_two_workers_share_what_is_encoded(
    deployment: Deployment, busy_recording: str, tmp_path: Path
) -> None:
    with running(deployment, "server", "gateway", "worker", "worker") as (_, _, one, other):
        async with submitted(deployment, busy_recording, length_s=BUSY_S) as job:
            await check(job, deployment, tmp_path, workers=2)

    assert sorted(shares_of(one) | shares_of(other)) == ["cut-0", "cut-1"]
    assert shares_of(one)
    assert shares_of(other)


async def test_the_share_of_a_killed_worker_is_finished_by_the_other(
    deployment: Deployment, busy_recording: str, tmp_path: Path
) -> None:
    with running(deployment, "server", "gateway", "worker"):
        killed = Process(deployment, "worker").wait_ready()
        async with submitted(deployment, busy_recording, length_s=BUSY_S) as job:
            await job.until_segments(3)
            await asyncio.to_thread(killed.kill)
            await job.ended()

            with running(deployment, "worker"):  # it sweeps what the killed one has left
                await check(job, deployment, tmp_path, workers=2)

        assert shares_of(killed)
