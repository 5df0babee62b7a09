"""Whatever is killed in the middle of a job: it completes, its events have no gap, nothing is doubled."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.conftest import BUSY_S
from tests.faults.processes import engine_of, family, wait_gone
from tests.faults.watched import check, submitted
from tests.services.zerokerf import Deployment, Process, running

pytestmark = pytest.mark.slow


async def test_another_worker_finishes_what_a_killed_one_began(
    deployment: Deployment, busy_recording: str, tmp_path: Path
) -> None:
    with running(deployment, "server", "gateway"):
        killed = Process(deployment, "worker").wait_ready()
        async with submitted(deployment, busy_recording, length_s=BUSY_S) as job:
            await job.until_segments(3)
            helpers = family(killed)
            await asyncio.to_thread(killed.kill)
            await asyncio.to_thread(wait_gone, helpers, 10)

            with running(deployment, "worker"):
                await check(job, deployment, tmp_path)


async def test_everything_killed_at_once_goes_on_after_a_restart(
    deployment: Deployment, busy_recording: str, tmp_path: Path
) -> None:
    killed = Process(deployment, "serve").wait_ready()
    async with submitted(deployment, busy_recording, length_s=BUSY_S) as job:
        await job.until_segments(3)
        helpers = family(killed)
        await asyncio.to_thread(killed.kill)
        await asyncio.to_thread(wait_gone, helpers, 10)

        with running(deployment):
            await check(job, deployment, tmp_path)


async def test_a_killed_engine_comes_back_and_the_job_completes(
    deployment: Deployment, busy_recording: str, tmp_path: Path
) -> None:
    with running(deployment) as (serving,):
        async with submitted(deployment, busy_recording, length_s=BUSY_S) as job:
            await job.until_segments(3)
            before = engine_of(serving)
            before.kill()

            await check(job, deployment, tmp_path)

        assert engine_of(serving).pid != before.pid
