"""What an account used in a month, and whether it may go on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from server.accounts.model import Plan
from server.accounts.months import Month, period_month
from server.accounts.quotas import Quotas
from server.accounts.usage import MonthUsage, Usage
from server.database.open import Database
from server.database.tables import jobs, usage_records
from tests.accounts.callers import caller
from zerokerf.errors import InvalidParams, QuotaExceeded

NOW = datetime(2026, 5, 17, 8, 15, tzinfo=UTC)
MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
PLAN = Plan("plan_x", "X")
TICK = timedelta(microseconds=1)


def now() -> datetime:
    return NOW


class Ended:
    """Jobs that have ended, as the records keep them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._count = 0

    async def job(
        self,
        audio_ms: int = 0,
        *,
        at: datetime = NOW,
        state: str = "completed",
        kind: str = "split",
        account_id: str = "acc_a",
    ) -> None:
        self._count += 1
        row = {"job_id": f"job_{self._count}", "account_id": account_id, "kind": kind, "state": state}
        async with self._database.writing() as connection:
            await connection.execute(insert(usage_records).values(**row, audio_ms=audio_ms, ended_at=at))

    async def kept(self, stored_bytes: int | None, account_id: str = "acc_a", **columns: datetime) -> None:
        self._count += 1
        row: dict[str, Any] = {"id": f"job_{self._count}", "account_id": account_id, "state": "completed"}
        row |= {"request": {}, "progress": {}, "notes": [], "last_sequence": 1, "clean_up_due": False}
        async with self._database.writing() as connection:
            statement = insert(jobs).values(**row, stored_bytes=stored_bytes, created_at=NOW, **columns)
            await connection.execute(statement)


@pytest.fixture
def ended(database: Database) -> Ended:
    return Ended(database)


async def used(database: Database, period: str = "current", account_id: str = "acc_a") -> MonthUsage:
    return await Usage(database, now).of(account_id, PLAN, period)


async def test_an_account_that_did_nothing_used_nothing(database: Database) -> None:
    assert await used(database) == MonthUsage(MAY, JUNE, 0, 0, 0, 0, PLAN)


async def test_jobs_of_both_kinds_add_up(database: Database, ended: Ended) -> None:
    await ended.job(90_000)
    await ended.job(30_500, kind="batch")
    await ended.job(state="failed")
    await ended.job(state="cancelled")

    usage = await used(database)

    assert (usage.audio_ms, usage.jobs_completed, usage.jobs_failed) == (120_500, 2, 2)


async def test_a_month_has_its_first_instant_and_not_that_of_the_next(
    database: Database, ended: Ended
) -> None:
    await ended.job(1, at=MAY - TICK)
    await ended.job(10, at=MAY)
    await ended.job(100, at=JUNE - TICK)
    await ended.job(1000, at=JUNE)

    assert (await used(database, "2026-04")).audio_ms == 1
    assert (await used(database, "previous")).audio_ms == 1
    assert (await used(database, "current")).audio_ms == 110
    assert (await used(database, "")).audio_ms == 110
    assert (await used(database, "2026-06")).audio_ms == 1000


async def test_what_others_used_is_not_mine(database: Database, ended: Ended) -> None:
    await ended.job(90_000)
    await ended.kept(500)

    theirs = await used(database, account_id="acc_b")

    assert (theirs.audio_ms, theirs.jobs_completed, theirs.stored_bytes) == (0, 0, 0)


async def test_stored_is_what_is_neither_removed_nor_deleted(database: Database, ended: Ended) -> None:
    await ended.kept(5 * 2**40)
    await ended.kept(7)
    await ended.kept(None)
    await ended.kept(100, files_removed_at=NOW)
    await ended.kept(1000, deleted_at=NOW)

    assert (await used(database)).stored_bytes == 5 * 2**40 + 7


@pytest.mark.parametrize(
    ("period", "today", "first", "next_first"),
    [
        ("current", (2026, 12, 31), (2026, 12, 1), (2027, 1, 1)),
        ("previous", (2026, 1, 1), (2025, 12, 1), (2026, 1, 1)),
        ("previous", (2026, 12, 31), (2026, 11, 1), (2026, 12, 1)),
        ("previous", (2026, 2, 28), (2026, 1, 1), (2026, 2, 1)),
        ("2024-02", (2026, 5, 1), (2024, 2, 1), (2024, 3, 1)),
        ("2030-12", (2026, 5, 1), (2030, 12, 1), (2031, 1, 1)),
        ("0001-01", (2026, 5, 1), (1, 1, 1), (1, 2, 1)),
        ("9998-12", (2026, 5, 1), (9998, 12, 1), (9999, 1, 1)),
    ],
)
def test_a_period_is_a_month(
    period: str, today: tuple[int, int, int], first: tuple[int, int, int], next_first: tuple[int, int, int]
) -> None:
    month = period_month(period, datetime(*today, tzinfo=UTC))

    assert month == Month(datetime(*first, tzinfo=UTC), datetime(*next_first, tzinfo=UTC))


@pytest.mark.parametrize(
    "period",
    ["2026-13", "2026-00", "0000-01", "9999-12", "2026-5", "2026-05-01", "Current", "next", "26-05", " ",
     "2026-05\n", "\u0662026-05", "-2026-05", "2026-05' OR 1=1", "x" * 10_000],
)  # fmt: skip
async def test_what_is_no_period_is_refused(database: Database, period: str) -> None:
    with pytest.raises(InvalidParams) as raised:
        await used(database, period)

    assert list(raised.value.violations) == ["period"]
    assert len(str(raised.value)) < 100


@pytest.mark.parametrize("period", ["0001-01", "9998-12"])
async def test_months_at_the_ends_of_time_are_empty(database: Database, period: str) -> None:
    assert (await used(database, period)).jobs_completed == 0


async def test_the_last_minute_is_the_plans_and_the_next_is_not(database: Database, ended: Ended) -> None:
    quotas, who = Quotas(database, now), caller(minutes=60)
    await ended.job(60 * 60_000 - 1)
    await quotas.check(who)

    await ended.job(1)

    with pytest.raises(QuotaExceeded) as raised:
        await quotas.check(who)
    assert raised.value.facts == {"minutes": "60", "resetsAt": "2026-06-01T00:00:00+00:00"}
    assert not raised.value.is_transient


async def test_minutes_are_renewed_with_the_month(database: Database, ended: Ended) -> None:
    await ended.job(60 * 60_000, at=MAY - TICK)

    await Quotas(database, now).check(caller(minutes=60))


async def test_others_do_not_use_up_my_minutes(database: Database, ended: Ended) -> None:
    await ended.job(60 * 60_000, account_id="acc_b")

    await Quotas(database, now).check(caller(minutes=60))


async def test_plans_that_sell_more_minutes_or_have_no_limit_refuse_nobody(
    database: Database, ended: Ended
) -> None:
    await ended.job(600 * 60_000)
    quotas = Quotas(database, now)

    await quotas.check(caller(minutes=60, overage=2))
    await quotas.check(caller(minutes=60, overage=0))
    await quotas.check(caller())


async def test_trials_use_no_minutes(database: Database, ended: Ended) -> None:
    await ended.job(60 * 60_000)

    await Quotas(database, now).check(replace(caller(minutes=60), is_test=True))


async def test_a_plan_of_no_minutes_refuses_from_the_start(database: Database) -> None:
    with pytest.raises(QuotaExceeded):
        await Quotas(database, now).check(caller(minutes=0))
