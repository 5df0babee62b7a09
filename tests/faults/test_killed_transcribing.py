"""Whatever is killed while a job cuts and transcribes: it completes, and every word is there once."""

import asyncio
import json
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.corpus.speech import lecture
from tests.faults.processes import family, wait_gone
from tests.faults.watched import JOB_WITHIN_S, PATIENCE
from tests.services.folders import paths_in
from tests.services.zerokerf import API_KEY, Deployment, Process, running
from tests.speech.recordings import word_error_rate, words_in, write
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split, SplitEvent, SplitProgress

pytestmark = pytest.mark.slow


async def until_transcribing(client: AsyncClient, job_id: str) -> None:
    """Returns in the middle of the job's work."""
    async with asyncio.timeout(JOB_WITHIN_S), aclosing(client.watch(job_id)) as events:
        async for event in events:
            assert event.state != Split.STATE_COMPLETED, "the job was too quick to be met in the middle"
            if event.progress.phase == SplitProgress.PHASE_TRANSCRIBING:
                return


async def all_events(client: AsyncClient, job_id: str) -> list[SplitEvent]:
    async with asyncio.timeout(JOB_WITHIN_S), aclosing(client.watch(job_id)) as events:
        return [event async for event in events]


async def text_of(client: AsyncClient, split: Split, folder: Path) -> tuple[list[str], list[str]]:
    """The words of the whole, and those of all segments."""
    whole, *parts = [split.transcripts, *(segment.transcripts for segment in split.segments)]
    texts = []
    for files in (whole, *parts):
        path = await client.download(next(file for file in files if file.format == "json"), folder)
        results = json.loads(path.read_bytes())["results"]
        texts.append([each["alternatives"][0]["content"] for each in results if each["type"] == "word"])
    return texts[0], [word for text in texts[1:] for word in text]


async def test_a_service_killed_while_it_cuts_and_transcribes_goes_on_after_a_restart(
    deployment: Deployment, tmp_path: Path
) -> None:
    reading = lecture(150)
    path = write(tmp_path / "lecture.wav", reading.samples)
    killed = Process(deployment, "serve").wait_ready()
    async with AsyncClient(deployment.grpc_address, API_KEY, patience=PATIENCE) as client:
        job = await client.create_split(file=path, every=timedelta(seconds=10), transcribe={})
        await until_transcribing(client, job.id)
        helpers = family(killed)
        await asyncio.to_thread(killed.kill)
        await asyncio.to_thread(wait_gone, helpers, 10)

        with running(deployment):
            events = await all_events(client, job.id)
            done = await client.get_split(job.id)
            whole, parts = await text_of(client, done, tmp_path)

    assert done.state == Split.STATE_COMPLETED, done.error
    percents = [event.progress.percent for event in events]
    assert percents == sorted(percents)
    assert parts == whole
    assert word_error_rate(reading.words, words_in(" ".join(whole))) <= 0.1
    stored = paths_in(deployment.data_dir / "objects")
    assert [path for path in stored if path.name.startswith("sound-")] == []
