"""What the service costs while nobody asks anything of it."""

import asyncio
from pathlib import Path

import psutil

from benchmarks.results import Row, in_mib
from benchmarks.service import fresh_bench

SETTLE_S, WATCHED_S = 5, 20


async def measure(folder: Path) -> list[Row]:
    with fresh_bench(folder) as bench:
        await asyncio.sleep(SETTLE_S)
        serve = psutil.Process(bench.process.pid)
        parts = {"serve": serve} | {_role(child): child for child in serve.children(recursive=True)}
        before_s = {role: _cpu_s(process) for role, process in parts.items()}
        await asyncio.sleep(WATCHED_S)
        return [_row(role, process, _cpu_s(process) - before_s[role]) for role, process in parts.items()]


def _role(process: psutil.Process) -> str:
    return "engine" if "temporal" in process.name() else "prober"


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _row(role: str, process: psutil.Process, cpu_s: float) -> Row:
    memory = process.memory_full_info()
    sizes = f"RSS {in_mib(memory.rss)} (PSS {in_mib(memory.pss)})"
    return Row(f"idle: {role}", "", f"{cpu_s / WATCHED_S:.1%} of a core, {sizes}", 1)
