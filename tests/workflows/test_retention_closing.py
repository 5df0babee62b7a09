"""A closed account's work stops and its files go, also when the first attempt is cut off."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from server.accounts.closing import Closing
from server.database.tables import jobs, webhook_deliveries
from server.jobs.states import State
from server.workflows.upkeep.engine import AccountEngine
from tests.retention.kept import NOW, add_account, begun, completed, files_of, keys, put
from tests.workflows.upkeep_house import House, running_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running_house(tmp_path) as house:
        for account_id in ("acc_a", "acc_b"):
            await add_account(house.database, account_id, NOW)
        yield house


async def test_closing_stops_jobs_and_webhooks_and_removes_files(house: House) -> None:
    running, others = await begun(house.records), await begun(house.records, "acc_b")
    await put(house.store, *files_of(running), *files_of(others))
    await completed(house.records, house.store)

    async with house.worker:
        await _close(house)

    assert await keys(house.store) == sorted(files_of(others))
    assert (await house.records.get("acc_a", running.id)).state is State.CANCELLED
    assert (await house.records.get("acc_b", others.id)).state is State.PROCESSING
    assert house.engine.cancelled == house.engine.cleaned == [running.id]
    assert await _states(house) == {"stopped"}


async def test_what_is_left_is_found_and_done_again(house: House) -> None:
    closing = Closing(house.database, AccountEngine(house.client))
    job = await begun(house.records)

    async with house.worker:
        await _close(house)
        assert [ref.id for ref in await closing.unfinished(10)] == ["acc_a"]  # its clean-up is under way

        await put(house.store, *files_of(job))
        await house.records.objects_removed(job.id)
        (ref,) = await closing.unfinished(10)
        await closing.hand_over(ref)
        await _done(house)

    assert await closing.unfinished(10) == ()
    assert await keys(house.store) == []


async def test_more_jobs_than_a_page_are_stopped(house: House) -> None:
    for _ in range(120):
        await begun(house.records)

    async with house.worker:
        await _close(house)

    assert len(set(house.engine.cleaned)) == 120
    async with house.database.reading() as connection:
        assert set((await connection.execute(select(jobs.c.state))).scalars()) == {"cancelled"}


async def _close(house: House) -> None:
    await Closing(house.database, AccountEngine(house.client)).close("acc_a")
    await _done(house)


async def _done(house: House) -> None:
    await house.client.get_workflow_handle("close-acc_a").result()


async def _states(house: House) -> set[str]:
    async with house.database.reading() as connection:
        mine = select(webhook_deliveries.c.state).where(webhook_deliveries.c.account_id == "acc_a")
        return set((await connection.execute(mine)).scalars())
