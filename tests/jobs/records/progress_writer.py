"""A process that reports progress of one job, on a word: `progress_writer.py URL JOB_ID FIELD COUNT`."""

import asyncio
import sys

from server.database.open import open_database
from server.jobs.model import Progress
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups


async def main(url: str, job_id: str, field: str, count: int) -> None:
    async with open_database(url) as database:
        records = SplitRecords(database, InProcessWakeups())
        await records.load(job_id)
        print("ready", flush=True)  # noqa: T201  read by the test that started this process
        await asyncio.to_thread(sys.stdin.readline)
        for number in range(1, count + 1):
            news = Progress(**{field: number})  # type: ignore[arg-type]  # only counts are named here
            await records.record_progress(job_id, news)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
