"""What of its machine this process may use: of the cores and the memory, as far as the system tells."""

import os
from pathlib import Path

import psutil

#: Of a whole job at work: its steps, its encoders, and what they keep in memory.
JOB_BYTES = 512 << 20
_CGROUP = Path("/sys/fs/cgroup")


def cores(cgroup: Path = _CGROUP) -> int:
    """Those it is pinned to, or as many as its container's quota is worth (cgroup v2, cpu.max)."""
    pinned = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    quota = _words(cgroup / "cpu.max")
    if len(quota) != 2 or not all(word.isdigit() for word in quota):
        return pinned
    quota_us, period_us = map(int, quota)
    return max(1, min(pinned, quota_us // period_us))


def memory_bytes(cgroup: Path = _CGROUP) -> int:
    """Of the machine, or what its container may use (cgroup v2, memory.max)."""
    installed = psutil.virtual_memory().total
    limit = _words(cgroup / "memory.max")
    return min(installed, int(limit[0])) if limit and limit[0].isdigit() else installed


def jobs_at_once(cgroup: Path = _CGROUP) -> int:
    """One a core, as far as memory goes."""
    return max(1, min(cores(cgroup), memory_bytes(cgroup) // JOB_BYTES))


def _words(path: Path) -> list[str]:
    try:
        return path.read_text("ascii").split()
    except OSError:
        return []
