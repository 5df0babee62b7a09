"""Transcription jobs of a running service, followed to their end, and the memory of its worker meanwhile."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.transcription_joints import Spoken
from tests.speech.recordings import words_in
from zerokerf.batch_client import BatchClient
from zerokerf.v1.batch_pb2 import BatchJob

SAMPLE_S = 0.1


@dataclass
class Peak:
    """Resident memory of a process and all that it has started; what they share is counted for each."""

    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """`took_s` is counted from the beginning of the upload until a watcher was told of the end."""

    job_id: str
    took_s: float
    chunks: int


async def transcribe(client: BatchClient, recording: Path) -> Ended:
    begun_s = time.perf_counter()
    job = await client.create(file=recording)
    async with aclosing(client.watch(job.id)) as events:
        async for event in events:
            took_s, last = time.perf_counter() - begun_s, event
    if last.state != BatchJob.STATE_DONE:
        raise RuntimeError(f"job {job.id} ended as {BatchJob.State.Name(last.state)}: {last.error.reason}")
    return Ended(job.id, took_s, last.progress.chunks_total)


async def words_of(client: BatchClient, job_id: str, folder: Path) -> list[Spoken]:
    (file,) = [file for file in (await client.files(job_id)).outputs if file.format == "json"]
    document = json.loads((await client.download(file, folder / "transcript.json")).read_text("utf-8"))
    return [
        Spoken(word, (item["start_time"] + item["end_time"]) / 2)
        for item in document["results"]
        if item["type"] == "word"
        for word in words_in(item["alternatives"][0]["content"])
    ]


@contextmanager
def watched_memory(pid: int) -> Iterator[Peak]:
    peak, stop = Peak(), threading.Event()

    def sample() -> None:
        while not stop.wait(SAMPLE_S):
            peak.size_bytes = max(peak.size_bytes, _resident_bytes(psutil.Process(pid)))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()


def _resident_bytes(process: psutil.Process) -> int:
    total = 0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += one.memory_info().rss
    return total
