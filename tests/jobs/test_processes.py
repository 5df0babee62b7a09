"""Several processes write records of one job."""

import asyncio
import sys
from pathlib import Path

from server.database.open import Database
from server.jobs.model import SplitRequest
from server.jobs.split_records import SplitRecords
from server.jobs.wakeups import InProcessWakeups

WRITER = Path(__file__).with_name("progress_writer.py")
REQUEST = SplitRequest(source_url="https://example.org/a.wav", segment_ns=10**9)


async def test_two_processes_on_one_job_leave_no_gap_and_lose_nothing(
    database: Database, database_url: str
) -> None:
    records = SplitRecords(database, InProcessWakeups())
    job = await records.create("acc_a", REQUEST, None)
    await records.begin(job.id)

    async with asyncio.timeout(60):
        writers = [
            await asyncio.create_subprocess_exec(sys.executable, WRITER, database_url, job.id, field, "50")
            for field in ("bytes_fetched", "samples_done")
        ]
        codes = [await writer.wait() for writer in writers]
    found = await records.get("acc_a", job.id)
    _, events = await records.events("acc_a", job.id, 0, 1000)

    assert codes == [0, 0]
    assert (found.progress.bytes_fetched, found.progress.samples_done) == (50, 50)
    assert [event.sequence for event in events] == list(range(1, 103))
