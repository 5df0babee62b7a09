"""Two thousand watchers of a hundred running jobs on one server: who sees what, how soon, at what memory."""

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from itertools import cycle, islice
from pathlib import Path

import psutil
from sqlalchemy import text

from benchmarks.results import Row, in_mib, p50
from benchmarks.scaling_cluster import running_cluster
from benchmarks.scaling_watchers import Seen
from benchmarks.sources import BYTES_PER_S, make_wav
from server.database.open import open_database
from tests.services.web import Answer, begin, running_site
from tests.services.zerokerf import API_KEY
from zerokerf.client import AsyncClient

JOBS, WATCHERS, PROCESSES = 100, 2000, 4
CLIP_S, PARTS, PART_EVERY_S = 6, 40, 1.0
#: Of the event that tells that a job has begun; the first one tells that it is queued.
_BEGUN = 2
_WHAT = f"{WATCHERS} watchers of {JOBS} running jobs"
LATE_BAR_S, MEMORY_BAR_BYTES = 0.25, 60 << 10
_SETTLE_S = 3.0
_OPEN_WITHIN_S, _END_WITHIN_S = 120, 300

#: Seconds of the clock, by job and sequence.
Commits = Mapping[tuple[str, int], float]


async def measure(folder: Path) -> list[Row]:
    extra = {"ZEROKERF_WORKER_JOBS": str(JOBS)}
    async with running_cluster(folder, extra) as cluster:
        await cluster.start("server-0")
        address = cluster.deployments[0].grpc_address
        with running_site() as site:
            url = site.add("/slow.wav", _in_parts(_clip(folder)))
            async with AsyncClient(address, API_KEY) as client:
                jobs = [await _create(client, url) for _ in range(JOBS)]
                await _warm_up(address, jobs)
                server = psutil.Process(cluster.processes["server-0"].pid)
                before_bytes = await _settled(server)
                async with _watching(address, jobs) as watching:
                    each_bytes = (await _settled(server) - before_bytes) / WATCHERS
                    begun_s, begun_cpu_s = time.monotonic(), _cpu_s(server)
                    await cluster.start("worker-0")
                    seen = [await watcher.seen() for watcher in watching]
                    took_s, cpu_s = time.monotonic() - begun_s, _cpu_s(server) - begun_cpu_s
                ends = {job: (await client.get_split(job)).last_sequence for job in jobs}
                commits = await _commits(cluster.postgres.url)
    delivered = sum(map(_count, seen))
    told = (
        f"{cpu_s / delivered * 1e6:.0f} µs; {delivered / took_s:.0f} events/s, {cpu_s / took_s:.0%} of a core"
    )
    cost = Row("CPU of the server for each event and watcher, all else included", "", told, 1)
    return [_whole_row(seen, ends, took_s), *_late_rows(seen, commits), _memory_row(each_bytes), cost]


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _clip(folder: Path) -> bytes:
    path = folder / "clip.wav"
    make_wav(path, CLIP_S * BYTES_PER_S)
    return path.read_bytes()


def _in_parts(content: bytes) -> Answer:
    """A slow web server: a part a second, so that each job has something to tell each second."""
    part_bytes = -(-len(content) // PARTS)

    def answer(request: BaseHTTPRequestHandler) -> None:
        begin(request, 200, {"Content-Length": str(len(content))})
        time.sleep(random.uniform(0, PART_EVERY_S))  # the servers of strangers keep no step
        for start in range(0, len(content), part_bytes):
            request.wfile.write(content[start : start + part_bytes])
            time.sleep(PART_EVERY_S)

    return answer


async def _create(client: AsyncClient, url: str) -> str:
    return (await client.create_split(url=url, every=timedelta(seconds=1), to="wav")).id


class Watching:
    """A process full of watchers."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("watchers are told what to watch, and say what they saw, through pipes")
        self._process, self._stdin, self._stdout = process, process.stdin, process.stdout

    async def open(self, address: str, jobs: Sequence[str]) -> None:
        self._stdin.write(json.dumps([address, API_KEY, *jobs]).encode() + b"\n")
        async with asyncio.timeout(_OPEN_WITHIN_S):
            await self._line()

    async def seen(self) -> Seen:
        async with asyncio.timeout(_END_WITHIN_S):
            return Seen(**json.loads(await self._line()))

    async def close(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _line(self) -> bytes:
        line = await self._stdout.readline()
        if not line:
            raise RuntimeError("a process of watchers has ended early")
        return line


@asynccontextmanager
async def _watching(address: str, jobs: Sequence[str]) -> AsyncIterator[list[Watching]]:
    """Yields when every stream is open and has told its first event."""
    of_all = list(islice(cycle(jobs), WATCHERS))
    processes = [Watching(await _start()) for _ in range(PROCESSES)]
    try:
        # Each process has watchers of every job, and each job has as many in every process.
        size = WATCHERS // PROCESSES
        parts = [of_all[start : start + size] for start in range(0, WATCHERS, size)]
        await asyncio.gather(
            *(process.open(address, part) for process, part in zip(processes, parts, strict=True))
        )
        yield processes
    finally:
        await asyncio.gather(*(process.close() for process in processes))


async def _start() -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "benchmarks.scaling_watchers")
    # The line of results holds a number for each event.
    return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=1 << 28)


async def _warm_up(address: str, jobs: Sequence[str]) -> None:
    """What the first watch of a server's life loads and keeps is not the price of a watch."""
    process = Watching(await _start())
    try:
        await process.open(address, jobs)
    finally:
        await process.close()


async def _settled(server: psutil.Process) -> int:
    await asyncio.sleep(_SETTLE_S)
    size_bytes: int = server.memory_info().rss
    return size_bytes


def _whole_row(seen: Sequence[Seen], ends: Mapping[str, int], took_s: float) -> Row:
    count = sum(map(_count, seen))
    wrong = sum(part.gaps + part.unended for part in seen)
    wrong += sum(last != ends[job] for part in seen for job, lasts in part.last.items() for last in lasts)
    watchers = sum(len(lasts) for part in seen for lasts in part.last.values())
    expected = WATCHERS // JOBS * sum(end - 1 for end in ends.values())
    told = f"{count:,} of {expected:,} events in {took_s:.0f} s, {wrong} watchers with gaps"
    is_whole = not wrong and watchers == WATCHERS and count == expected
    return Row(f"{_WHAT}: every event to every watcher", "all, no gaps", told, 1, is_whole)


def _count(part: Seen) -> int:
    return sum(map(len, part.came.values()))


def _late_rows(seen: Sequence[Seen], commits: Commits) -> list[Row]:
    """Since the last job has begun."""
    begun_s = max(at_s for (_, sequence), at_s in commits.items() if sequence == _BEGUN)
    since_commit_s: list[float] = []
    since_time_s: list[float] = []
    for part in seen:
        for job, events in part.came.items():
            for sequence, happened_s, came_s in events:
                committed_s = commits[job, sequence]
                if committed_s > begun_s:
                    since_commit_s.append(came_s - committed_s)
                    since_time_s.append(came_s - happened_s)
    is_met = _p99(since_commit_s) <= LATE_BAR_S
    return [
        Row(f"{_WHAT}: from the commit to the watcher", "p99 ≤ 250 ms", _late(since_commit_s), 1, is_met),
        Row(f"{_WHAT}: from the event's time, before it is written", "", _late(since_time_s), 1),
    ]


def _late(delays_s: Sequence[float]) -> str:
    most_s = max(delays_s)
    return f"p99 {_p99(delays_s) * 1000:.0f} ms (p50 {p50(delays_s) * 1000:.0f}, most {most_s * 1000:.0f})"


def _p99(delays_s: Sequence[float]) -> float:
    return sorted(delays_s)[round(0.99 * (len(delays_s) - 1))]


async def _commits(database_url: str) -> Commits:
    """When each event was committed, by the database's own word."""
    query = text("SELECT job_id, sequence, pg_xact_commit_timestamp(xmin) AS at FROM job_events")
    async with open_database(database_url) as database, database.reading() as connection:
        rows = await connection.execute(query)
        return {(row.job_id, row.sequence): row.at.timestamp() for row in rows}


def _memory_row(each_bytes: float) -> Row:
    what = f"memory of the server for each of {WATCHERS} watchers"
    told = f"{each_bytes / 1024:.0f} KiB ({in_mib(each_bytes * WATCHERS)} in all)"
    return Row(what, "≤ 60 KiB", told, 1, each_bytes <= MEMORY_BAR_BYTES)
