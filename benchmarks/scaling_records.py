"""What jobs cost PostgreSQL: changes a second by one process, and the room that a job's records take."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import text

from benchmarks.results import Row
from server.accounts.bootstrap import ACCOUNT_ID, ensure_bootstrap
from server.database.migrate import migrate
from server.database.open import Database, open_database
from server.jobs.model import Progress, SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.open import open_wakeups
from tests.services.ports import lasting_port
from tests.services.postgres import PostgresServer

JOBS, EVENTS, WRITERS = 400, 30, 10
REQUEST = SplitRequest(source_url="https://example.org/recording.wav", segment_ns=60_000_000_000)


async def measure(folder: Path) -> list[Row]:
    with _durable_postgres(folder) as server:
        async with open_database(server.url) as database, open_wakeups(database) as wakeups:
            await migrate(database)
            await ensure_bootstrap(database, None)
            before_bytes = await _size_bytes(database)
            records = SplitRecords(database, wakeups)
            begun_s, own_s, its_s = time.perf_counter(), time.process_time(), _cpu_s(server.pid)
            await _write_all(records)
            took_s = time.perf_counter() - begun_s
            own_s, its_s = time.process_time() - own_s, _cpu_s(server.pid) - its_s
            job_bytes = (await _size_bytes(database) - before_bytes) / JOBS
    changes = JOBS * EVENTS
    speed = f"{changes / took_s:.0f} a second; {own_s / changes * 1000:.2f} ms of CPU in the process"
    return [
        Row(
            f"changes of jobs by {WRITERS} writers of one process, PostgreSQL",
            "",
            f"{speed}, {its_s / changes * 1000:.2f} ms in PostgreSQL",
            1,
        ),
        Row(
            f"records of a job of {EVENTS} events, indexes included", "", f"{job_bytes / 1024:.1f} KiB", JOBS
        ),
    ]


async def _write_all(records: SplitRecords) -> None:
    """Each change is a transaction with an event and a wake-up."""
    numbers = iter(range(JOBS))

    async def write() -> None:
        for _ in numbers:
            job = await records.create(ACCOUNT_ID, REQUEST, None)
            await records.begin(job.id)
            for step in range(2, EVENTS):
                await records.record_progress(job.id, Progress(bytes_fetched=step))

    await asyncio.gather(*(write() for _ in range(WRITERS)))


@contextmanager
def _durable_postgres(folder: Path) -> Iterator[PostgresServer]:
    folder.mkdir(parents=True)
    folder.parent.chmod(0o755)  # PostgreSQL runs as somebody else
    server = PostgresServer(folder, port=lasting_port(), durable=True)
    server.start()
    try:
        yield server
    finally:
        server.stop()


async def _size_bytes(database: Database) -> int:
    async with database.reading() as connection:
        found = await connection.execute(text("SELECT pg_database_size(current_database())"))
        return int(found.scalar_one())


def _cpu_s(pid: int) -> float:
    server = psutil.Process(pid)
    times = [each.cpu_times() for each in (server, *server.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))
