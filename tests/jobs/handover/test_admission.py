"""Jobs wait in the records while too many of their account are under way."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from server.database.open import Database
from server.database.tables import accounts
from server.jobs.handover.admission import MOST_AT_ONCE, Admission
from server.jobs.handover.open_work import OpenWork
from server.jobs.handover.reconciler import AdmissionRound
from server.jobs.model import Failure, SplitJob, SplitRequest
from server.jobs.splits.jobs import SplitJobs
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from tests.jobs.handover.engines import NotedEngine, afterwards
from tests.jobs.splits.test_jobs import Uploads

REQUEST = SplitRequest(source_url="https://example.org/a.wav", segment_ns=10**9)
FAILURE = Failure("CORRUPT_FILE", "It is broken.")
START = datetime(2026, 1, 1, tzinfo=UTC)


class House:
    """Accounts may have two jobs under way at once."""

    def __init__(self, database: Database, most: int | None = 2) -> None:
        self.now = START
        self.engine = NotedEngine()
        self.most = most
        wakeups = InProcessWakeups()
        self.records = SplitRecords(database, wakeups, self._clock)
        after = afterwards(database, self.engine, lambda _: most, self._clock)
        self.admission: Admission = after.admission
        self.jobs = SplitJobs(self.records, self.engine, Uploads(), wakeups, after)

    def _clock(self) -> datetime:
        return self.now

    async def submit(self, account_id: str = "acc_a") -> SplitJob:
        self.now += timedelta(seconds=1)
        return await self.jobs.submit(account_id, REQUEST, None, most_at_once=self.most)


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


async def test_more_jobs_than_the_plan_allows_are_accepted_and_wait(house: House) -> None:
    submitted = [await house.submit() for _ in range(4)]

    assert house.engine.started == [job.id for job in submitted[:2]]
    assert [job.admitted_at is not None for job in submitted] == [True, True, False, False]


async def test_another_account_does_not_wait_for_them(house: House) -> None:
    for _ in range(4):
        await house.submit()

    other = await house.submit("acc_b")

    assert house.engine.started[-1] == other.id


async def test_the_end_of_a_job_lets_the_oldest_that_waits_begin(house: House) -> None:
    first, _, third, _ = [await house.submit() for _ in range(4)]

    await house.jobs.cancel("acc_a", first.id)

    assert house.engine.started[2:] == [third.id]


async def test_a_deleted_job_that_waited_never_begins(house: House) -> None:
    first, _, third, fourth = [await house.submit() for _ in range(4)]

    await house.jobs.delete("acc_a", third.id)
    await house.jobs.cancel("acc_a", first.id)

    assert house.engine.started[2:] == [fourth.id]


async def test_a_waiting_job_is_not_started_by_the_reconciler(house: House, database: Database) -> None:
    submitted = [await house.submit() for _ in range(3)]

    open_jobs = await OpenWork(database).unstarted(10)

    assert [ref.id for ref in open_jobs] == [job.id for job in submitted[:2]]


async def test_an_end_that_nobody_followed_up_is_repaired(house: House) -> None:
    first, _, third = [await house.submit() for _ in range(3)]
    await house.records.fail(first.id, FAILURE)

    await AdmissionRound(house.admission).run_round()

    assert house.engine.started[2:] == [third.id]


async def test_a_larger_plan_lets_more_begin(house: House, database: Database) -> None:
    submitted = [await house.submit() for _ in range(4)]

    admitted = await afterwards(database, house.engine, lambda _: 3).admission.admit("acc_a")

    assert admitted == 1
    assert house.engine.started == [job.id for job in submitted[:3]]


async def test_a_plan_without_a_limit_still_keeps_its_backlog_from_the_engine(database: Database) -> None:
    house = House(database, most=None)

    for _ in range(MOST_AT_ONCE + 1):
        await house.submit()

    assert len(house.engine.started) == MOST_AT_ONCE


async def test_many_at_once_do_not_exceed_the_limit(house: House, database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(insert(accounts).values(id="acc_a", created_at=START))
    twin = House(database)
    await asyncio.gather(*(each.submit() for each in (house, twin) for _ in range(10)))

    assert len(house.engine.started + twin.engine.started) == 2

    await asyncio.gather(*(each.admission.admit("acc_a") for each in (house, twin) for _ in range(5)))
    assert len(house.engine.started + twin.engine.started) == 2


async def test_interactive_jobs_begin_before_bulk_ones(house: House) -> None:
    first, _ = [await house.submit() for _ in range(2)]
    bulk = await house.jobs.submit("acc_a", replace(REQUEST, is_bulk=True), None, most_at_once=2)
    interactive = await house.submit()

    await house.jobs.cancel("acc_a", first.id)
    await house.jobs.cancel("acc_a", interactive.id)

    assert house.engine.started[2:] == [interactive.id, bulk.id]
    assert house.engine.bulk == {bulk.id}
