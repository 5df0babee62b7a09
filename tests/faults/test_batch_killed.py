"""Whatever is killed in the middle of a recording: it is transcribed, and no chunk is heard twice."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.processes import family, wait_gone
from tests.faults.transcribed import check, chunks_of, sent
from tests.services.zerokerf import Deployment, Process, running
from tests.speech.recordings import Reading

pytestmark = pytest.mark.slow

#: A chunk that is on record, but not yet with the engine, is begun again and over at once.
UNTOLD = 1


async def test_another_worker_hears_only_what_a_killed_one_has_not(
    deployment: Deployment, lecture: Reading, lecture_file: Path, tmp_path: Path
) -> None:
    with running(deployment, "server", "gateway"):
        killed = Process(deployment, "worker").wait_ready()
        async with sent(deployment, lecture_file) as job:
            await job.until_chunks(2)
            await _kill(killed)
            done = job.progress.chunks_done

            with running(deployment, "worker") as (other,):
                await check(job, lecture, deployment, tmp_path)
                again = chunks_of(other)

    total = job.progress.chunks_total
    assert len(again) == len(set(again)) <= total - done + UNTOLD
    assert len({*chunks_of(killed), *again}) == total


async def test_everything_killed_at_once_goes_on_after_a_restart(
    deployment: Deployment, lecture: Reading, lecture_file: Path, tmp_path: Path
) -> None:
    killed = Process(deployment, "serve").wait_ready()
    async with sent(deployment, lecture_file) as job:
        await job.until_chunks(2)
        await _kill(killed)
        done = job.progress.chunks_done

        with running(deployment) as (other,):
            await check(job, lecture, deployment, tmp_path)
            again = chunks_of(other)

    assert len(again) == len(set(again)) <= job.progress.chunks_total - done + UNTOLD


async def test_a_stop_in_the_middle_hands_the_chunks_back(
    deployment: Deployment, lecture: Reading, lecture_file: Path, tmp_path: Path
) -> None:
    stopped = Process(deployment, "serve").wait_ready()
    async with sent(deployment, lecture_file) as job:
        await job.until_chunks(2)
        helpers = family(stopped)
        assert await asyncio.to_thread(stopped.terminate) == 0, stopped.tail()
        await asyncio.to_thread(wait_gone, helpers, 5)

        with running(deployment):
            await check(job, lecture, deployment, tmp_path)


async def _kill(process: Process) -> None:
    helpers = family(process)
    await asyncio.to_thread(process.kill)
    await asyncio.to_thread(wait_gone, helpers, 10)
