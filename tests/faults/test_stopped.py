"""A service that is told to stop ends soon and cleanly, and its jobs go on when it is started again."""

import asyncio
import threading
from pathlib import Path

import pytest

from tests.faults.conftest import BUSY_S, LONG_S
from tests.faults.processes import family, wait_gone
from tests.faults.watched import check, submitted, workers_of
from tests.services.web import Site, gated
from tests.services.zerokerf import Deployment, Process, running

pytestmark = pytest.mark.slow


async def test_a_stop_in_mid_cut_hands_the_work_back(
    deployment: Deployment, long_recording: str, tmp_path: Path
) -> None:
    stopped = Process(deployment, "serve").wait_ready()
    async with submitted(deployment, long_recording, length_s=LONG_S, output="ogg") as job:
        await job.until_segments(3)
        await _stop(stopped, deployment)

        with running(deployment):
            await check(job, deployment, tmp_path)


async def test_a_stop_in_mid_fetch_hands_the_work_back(
    deployment: Deployment, site: Site, busy_content: bytes, tmp_path: Path
) -> None:
    gate = threading.Event()
    url = site.add("/held/held.wav", gated(busy_content, gate))
    stopped = Process(deployment, "serve").wait_ready()
    async with submitted(deployment, url, length_s=BUSY_S) as job:
        await job.until_fetching()
        await _stop(stopped, deployment)

        with running(deployment):
            gate.set()
            await check(job, deployment, tmp_path)


async def _stop(process: Process, deployment: Deployment) -> None:
    helpers = family(process)
    code = await asyncio.to_thread(process.terminate)
    await asyncio.to_thread(wait_gone, helpers, 5)
    assert code == 0, process.tail()
    assert workers_of(deployment) == []
