"""Parts die at random under a load of jobs of every kind: nothing is lost, doubled, untrue or left behind."""

import random
from pathlib import Path

import pytest

from tests.faults.chaos_houses import house_apart, house_in_one
from tests.faults.chaos_run import run_chaos, schedule

pytestmark = pytest.mark.slow

REDISPATCHED_WITHIN_S = 60


async def test_any_part_of_a_service_apart_may_be_killed(tmp_path: Path) -> None:
    chance = random.Random(1)
    async with house_apart(tmp_path, chance) as house:
        plan = schedule([name for name in house.hurts if name.startswith("kill")], 6, chance)
        report = await run_chaos(house, 1, plan, tmp_path)

    assert report.problems == []
    assert report.kills == 6
    assert len(report.asked) >= 7
    assert max(report.redispatched_s, default=0) <= REDISPATCHED_WITHIN_S


async def test_a_service_in_one_process_may_be_killed_and_its_engine_too(tmp_path: Path) -> None:
    chance = random.Random(2)
    async with house_in_one(tmp_path, chance) as house:
        report = await run_chaos(house, 2, schedule([*house.hurts], 2, chance), tmp_path)

    assert report.problems == []
    assert report.kills == 2
    assert max(report.redispatched_s, default=0) <= REDISPATCHED_WITHIN_S
