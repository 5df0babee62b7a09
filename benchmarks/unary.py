"""Reading a job over gRPC, with its key checked and the database asked, beside a bare server that echoes."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil

from benchmarks.results import Row, p50
from benchmarks.scaling_calls import ECHO
from benchmarks.scaling_cluster import running_cluster
from tests.services.zerokerf import API_KEY, Deployment, running
from zerokerf.client import AsyncClient
from zerokerf.v1.split_service_pb2 import GetSplitResponse

GET = "/zerokerf.v1.SplitService/GetSplit"
BAR = 0.35
ROUNDS, ROUND_S = 5, 4.0
#: One client alone would be slower than the server that does nothing.
CLIENTS, AT_ONCE = 2, 16


@dataclass(frozen=True, slots=True)
class _Served:
    """One method of one server, as often as it can be called."""

    pid: int
    address: str
    method: str
    jobs: tuple[str, ...]

    async def calls_a_second(self) -> float:
        parts = [self.jobs[start : start + AT_ONCE] for start in range(0, len(self.jobs), AT_ONCE)]
        asked = ([self.address, self.method, API_KEY, ROUND_S, part] for part in parts)
        answered = await asyncio.gather(*map(_client, asked))
        return sum(answered) / ROUND_S

    def cpu_s(self) -> float:
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)


async def measure(folder: Path) -> list[Row]:
    rows = []
    async with running_cluster(folder) as cluster:
        await cluster.start("server-0")
        pid = cluster.processes["server-0"].pid
        rows += await _compared("PostgreSQL", cluster.deployments[0].grpc_address, pid, BAR)
    alone = Deployment(folder / "data")
    with running(alone, "server") as (server,):
        rows += await _compared("SQLite", alone.grpc_address, server.pid, None)
    return rows


async def _compared(database: str, address: str, pid: int, bar: float | None) -> list[Row]:
    """In turns, so that whatever else the machine does meets both."""
    async with _some_jobs(address) as (jobs, answer):
        with _echoing(answer) as (echo_pid, echo_address):
            ours = _Served(pid, address, GET, jobs)
            echo = _Served(echo_pid, echo_address, ECHO, jobs)
            await ours.calls_a_second()
            await echo.calls_a_second()
            our_cpu_s, echo_cpu_s = ours.cpu_s(), echo.cpu_s()
            ours_s: list[float] = []
            echo_s: list[float] = []
            for _ in range(ROUNDS):
                ours_s.append(await ours.calls_a_second())
                echo_s.append(await echo.calls_a_second())
            each_s = (ours.cpu_s() - our_cpu_s) / (sum(ours_s) * ROUND_S)
            echo_each_s = (echo.cpu_s() - echo_cpu_s) / (sum(echo_s) * ROUND_S)
    ratio = p50([mine / bare for mine, bare in zip(ours_s, echo_s, strict=True)])
    told = f"{ratio:.2f} of the echo: {p50(ours_s):.0f} and {p50(echo_s):.0f} calls/s"
    return [
        Row(
            f"read a job over gRPC, {database}: beside a bare echo",
            f"≥ {bar} of its calls/s" if bar else "",
            told,
            ROUNDS,
            ratio >= bar if bar else None,
        ),
        Row(
            f"read a job over gRPC, {database}: CPU of the server for each",
            "",
            f"{each_s * 1000:.2f} ms; of the echo {echo_each_s * 1000:.2f} ms",
            ROUNDS,
        ),
    ]


@asynccontextmanager
async def _some_jobs(address: str) -> AsyncIterator[tuple[tuple[str, ...], bytes]]:
    """One for each call at a time, queued as no worker is there, and what reading one of them answers."""
    async with AsyncClient(address, API_KEY) as client:
        url, every = "http://127.0.0.1:9/a.wav", timedelta(seconds=60)
        made = [await client.create_split(url=url, every=every, to="mp3") for _ in range(CLIENTS * AT_ONCE)]
        job = await client.get_split(made[0].id)
        yield tuple(each.id for each in made), GetSplitResponse(split=job).SerializeToString()


@contextmanager
def _echoing(answer: bytes) -> Iterator[tuple[int, str]]:
    command = (sys.executable, "-m", "benchmarks.scaling_calls", "echo")
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, answer.hex()], stdout=pipe, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            yield process.pid, f"127.0.0.1:{int(said)}"
        finally:
            process.kill()


async def _client(asked: list[object]) -> int:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "benchmarks.scaling_calls", "call")
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    said, _ = await process.communicate(json.dumps(asked).encode() + b"\n")
    if process.returncode:
        raise RuntimeError("a client could not call")
    return int(said)
