"""What a program or a piece of our own work costs: processor time of all processes, and by the clock."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Cost:
    cpu_s: float
    wall_s: float


def least(costs: Sequence[Cost]) -> Cost:
    """What it costs when nobody else is in the way."""
    return Cost(min(cost.cpu_s for cost in costs), min(cost.wall_s for cost in costs))


def cost_of(argv: Sequence[str | Path], cores: int | None = None) -> Cost:
    """Of one program, run to its end."""
    begun_s = time.perf_counter()
    with _staying_on(cores):
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, [str(word) for word in argv])
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - begun_s)


def result_of(work: str, *arguments: object, cores: int | None = None) -> dict[str, Any]:
    """Of one piece of our own work in a process of its own, which says what it cost."""
    argv = [sys.executable, "-m", "benchmarks.cutting_work", work, *map(str, arguments)]
    with _staying_on(cores):
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    answer = process.communicate()[0]
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, argv)
    found: dict[str, Any] = json.loads(answer)
    return found


@contextmanager
def _staying_on(cores: int | None) -> Iterator[None]:
    """What is started meanwhile has so many cores for itself and its children."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
