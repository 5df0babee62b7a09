"""Webhooks that are due while those who send them are killed: each arrives, under one id, with one body."""

import random
from pathlib import Path

import pytest

from tests.faults.chaos_houses import house_apart
from tests.faults.chaos_webhooks import run_webhooks

pytestmark = pytest.mark.slow

WEBHOOKS = 40
KILLS = 5


async def test_no_webhook_is_lost_when_servers_and_workers_are_killed(tmp_path: Path) -> None:
    async with house_apart(tmp_path, random.Random(3)) as house:
        report = await run_webhooks(house, tmp_path, webhooks=WEBHOOKS, kills=KILLS, seed=3)

    assert report.problems == []
    assert report.delivered == WEBHOOKS
    assert report.kills == KILLS
