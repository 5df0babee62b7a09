"""Clocks of servers and workers jump by minutes and by an hour, there and back, while they have work."""

import random
from pathlib import Path

import pytest

from tests.faults.chaos_houses import house_apart
from tests.faults.chaos_run import run_chaos

pytestmark = pytest.mark.slow

JUMPS = 2


async def test_jobs_are_true_whatever_time_it_was(tmp_path: Path) -> None:
    async with house_apart(tmp_path, random.Random(4), jumps=True) as house:
        jumps = [name for name in house.hurts if name.startswith("jump")]
        if not jumps:
            pytest.skip("libfaketime is missing (Debian: apt-get install faketime)")
        report = await run_chaos(house, 4, jumps * JUMPS, tmp_path)

    assert report.problems == []
    assert sum(report.hurts.values()) == JUMPS * len(jumps)
    assert len(report.asked) >= 7
