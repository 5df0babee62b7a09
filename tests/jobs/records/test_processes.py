"""Several processes write records of one job."""

import asyncio
import sys
from asyncio.subprocess import Process
from pathlib import Path

from server.database.open import Database
from server.jobs.model import SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups

REPORTS = 100
WRITER = Path(__file__).with_name("progress_writer.py")
REQUEST = SplitRequest(source_url="https://example.org/a.wav", segment_ns=10**9)


async def test_two_processes_on_one_job_leave_no_gap_and_lose_nothing(
    database: Database, database_url: str
) -> None:
    records = SplitRecords(database, InProcessWakeups())
    job = await records.create("acc_a", REQUEST, None)
    await records.begin(job.id)

    async with asyncio.timeout(60):
        writers = [await _writer(database_url, job.id, field) for field in ("bytes_fetched", "samples_done")]
        for writer in writers:
            await _line(writer)
        codes = await asyncio.gather(*(_go(writer) for writer in writers))
    found = await records.get("acc_a", job.id)
    _, events = await records.events("acc_a", job.id, 0, 1000)

    assert codes == [0, 0]
    assert (found.progress.bytes_fetched, found.progress.samples_done) == (REPORTS, REPORTS)
    assert [event.sequence for event in events] == list(range(1, 2 * REPORTS + 3))


async def _writer(url: str, job_id: str, field: str) -> Process:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, str(WRITER), url, job_id, field, str(REPORTS)]
    return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)


async def _line(process: Process) -> None:
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"


async def _go(process: Process) -> int:
    await process.communicate(b"go\n")
    return process.returncode or 0
