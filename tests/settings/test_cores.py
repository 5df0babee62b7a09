"""A worker takes as much at once as it has cores, and not as the machine has."""

import os
import subprocess
import sys

import pytest

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
