"""One long recording is transcribed by all the workers there are."""

from pathlib import Path

import pytest

from tests.faults.transcribed import check, chunks_of, sent
from tests.services.zerokerf import Deployment, running
from tests.speech.recordings import Reading

pytestmark = pytest.mark.slow


async def test_two_workers_share_the_chunks_of_a_recording(
    deployment: Deployment, lecture: Reading, lecture_file: Path, tmp_path: Path
) -> None:
    with running(deployment, "server", "gateway", "worker", "worker") as (_, _, one, other):
        async with sent(deployment, lecture_file) as job:
            await check(job, lecture, deployment, tmp_path)

    begun = chunks_of(one) + chunks_of(other)
    assert len(begun) == len(set(begun)) == job.progress.chunks_total
    assert min(len(chunks_of(one)), len(chunks_of(other))) >= 2
