"""Cancelling a transcription reaches the recognizer within seconds and leaves nothing."""

import asyncio
from pathlib import Path

import psutil
import pytest

from tests.end_to_end.polling import until
from tests.faults.processes import family
from tests.faults.transcribed import chunks_of, left_of_work, sent
from tests.services.folders import paths_in
from tests.services.zerokerf import Deployment, Process, running
from zerokerf.v1.batch_pb2 import BatchJob

pytestmark = pytest.mark.slow

STOPS_WITHIN_S = 5
_LOOK_S = 0.3
#: The service at rest needs a tenth of this, a window that is being recognized all of it.
_BUSY_S = 0.5 * _LOOK_S


async def test_cancelling_in_the_middle_ends_the_hearing_and_leaves_nothing(
    deployment: Deployment, lecture_file: Path
) -> None:
    with running(deployment) as (serving,):
        async with sent(deployment, lecture_file) as job:
            await job.until_chunks(1)
            assert _is_busy(serving)

            await job.client.cancel(job.id)
            idle = "nothing is recognized any more"
            await asyncio.to_thread(until, lambda: not _is_busy(serving), idle, STOPS_WITHIN_S)

            begun = chunks_of(serving)
            cancelled = await job.ended()
            assert (cancelled.state, cancelled.error.reason) == (BatchJob.STATE_FAILED, "JOB_CANCELLED")
            gone = "nothing is left"
            await asyncio.to_thread(until, lambda: left_of_work(deployment) == [], gone, STOPS_WITHIN_S)
            stored = paths_in(deployment.data_dir / "objects")
            assert [path for path in stored if path.parent.name == "out"] == []
            assert chunks_of(serving) == begun
            assert len(begun) < job.progress.chunks_total


def _is_busy(process: Process) -> bool:
    """Looked at for a moment: whether it computes."""
    watched = [psutil.Process(process.pid), *family(process)]
    before_s = sum(map(_cpu_s, watched))
    psutil.Process(process.pid).cpu_percent(_LOOK_S)
    return sum(map(_cpu_s, watched)) - before_s > _BUSY_S


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system
