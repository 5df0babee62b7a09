"""A worker takes as much at once as it may use of its machine, and not as the machine has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.machine import JOB_BYTES, cores, jobs_at_once, memory_bytes

COUNTS = """
import os
from server.settings import load_settings
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
settings = load_settings({}, {})
print(settings.worker_jobs, settings.encode_parallel, settings.speech_threads)
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not pin processes")
def test_a_process_that_is_pinned_to_one_core_does_one_thing_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", COUNTS], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["1", "1", "1"]


def test_a_container_that_may_use_a_core_and_a_half_does_one_thing_at_once(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("150000 100000\n")

    assert (cores(tmp_path), jobs_at_once(tmp_path)) == (1, 1)


def test_no_more_jobs_run_at_once_than_fit_into_memory(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text(f"{JOB_BYTES + JOB_BYTES // 2}\n")

    assert (memory_bytes(tmp_path), jobs_at_once(tmp_path)) == (JOB_BYTES + JOB_BYTES // 2, 1)


def test_a_container_without_limits_may_use_the_whole_machine(tmp_path: Path) -> None:
    without = cores(tmp_path), memory_bytes(tmp_path)
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")

    assert (cores(tmp_path), memory_bytes(tmp_path)) == without
