"""Requests are counted by the minute, once for all processes, and never more than the limit."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select

from server.accounts.model import Caller
from server.accounts.rate_limits import RateLimits, Standing
from server.database.open import Database, open_database
from server.database.tables import rate_limits
from tests.accounts.callers import caller

NOON = datetime(2026, 5, 2, 12, tzinfo=UTC)
NOON_S = 1777723200


class Watch:
    """A clock that is set by hand."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def after(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


async def counted(limits: RateLimits, who: Caller) -> Standing:
    standing = await limits.count(who)
    assert standing is not None
    return standing


def statements_of(database: Database) -> list[str]:
    """What is asked of the database from now on."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    return asked


async def kept_keys(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list((await connection.execute(select(rate_limits.c.key))).scalars())


async def test_a_caller_learns_what_is_left_and_when_the_count_begins_anew(database: Database) -> None:
    limits = RateLimits(database, Watch(NOON + timedelta(seconds=12.5)))

    assert await limits.count(caller()) == Standing(3, 2, NOON_S + 60)
    assert await limits.count(caller()) == Standing(3, 1, NOON_S + 60)
    assert await limits.count(caller()) == Standing(3, 0, NOON_S + 60)


async def test_one_too_many_is_told_when_to_come_back(database: Database) -> None:
    limits = RateLimits(database, Watch(NOON + timedelta(seconds=12.5)))

    for _ in range(3):
        assert (await counted(limits, caller())).retry_after_s is None

    assert await limits.count(caller()) == Standing(3, 0, NOON_S + 60, retry_after_s=48)
    assert await limits.count(caller()) == Standing(3, 0, NOON_S + 60, retry_after_s=48)


@pytest.mark.parametrize(("second", "wait_s"), [(0, 60), (0.001, 60), (59, 1), (59.2, 1), (59.999, 1)])
async def test_who_comes_back_when_told_is_let_in(database: Database, second: float, wait_s: int) -> None:
    watch = Watch(NOON + timedelta(seconds=second))
    limits, who = RateLimits(database, watch), caller(per_minute=1)
    await limits.count(who)

    assert (await counted(limits, who)).retry_after_s == wait_s

    watch.after(wait_s)
    assert (await counted(limits, who)).retry_after_s is None


async def test_the_count_begins_anew_with_the_minute(database: Database) -> None:
    watch = Watch(NOON + timedelta(seconds=59.999))
    limits, who = RateLimits(database, watch), caller(per_minute=1)

    assert await limits.count(who) == Standing(1, 0, NOON_S + 60)
    assert (await counted(limits, who)).retry_after_s == 1

    watch.now = NOON + timedelta(seconds=60)
    assert await limits.count(who) == Standing(1, 0, NOON_S + 120)
    assert (await counted(limits, who)).retry_after_s == 60


async def test_each_key_has_a_count_of_its_own(database: Database) -> None:
    limits = RateLimits(database, Watch())

    await limits.count(caller(per_minute=1, key_id="key_a"))

    assert (await counted(limits, caller(per_minute=1, key_id="key_a"))).retry_after_s == 60
    assert (await counted(limits, caller(per_minute=1, key_id="key_b"))).retry_after_s is None


async def test_bearers_of_tokens_share_the_count_of_their_account(database: Database) -> None:
    limits = RateLimits(database, Watch())

    await limits.count(caller(per_minute=1, key_id=None))

    assert (await counted(limits, caller(per_minute=1, key_id=None))).retry_after_s == 60
    assert (await counted(limits, caller(per_minute=1, key_id="key_a"))).retry_after_s is None
    assert (
        await counted(limits, caller(per_minute=1, key_id=None, account_id="acc_b"))
    ).retry_after_s is None


async def test_a_plan_without_a_limit_costs_no_query(database: Database) -> None:
    asked = statements_of(database)

    assert await RateLimits(database, Watch()).count(caller(per_minute=None)) is None

    assert asked == []


async def test_a_request_costs_one_statement_and_a_refused_one_none(database: Database) -> None:
    limits, who = RateLimits(database, Watch()), caller(per_minute=2)
    await limits.count(who)
    asked = statements_of(database)

    await limits.count(who)
    assert [statement.split()[0] for statement in asked if "BEGIN" not in statement] == ["INSERT"]

    await limits.count(who)
    asked.clear()
    for _ in range(100):
        assert (await counted(limits, who)).retry_after_s == 60
    assert asked == []


async def test_a_plan_that_is_changed_holds_at_once(database: Database) -> None:
    limits = RateLimits(database, Watch())
    await limits.count(caller(per_minute=1))
    assert (await counted(limits, caller(per_minute=1))).retry_after_s == 60

    assert (await counted(limits, caller(per_minute=5))).retry_after_s is None


async def test_of_a_hundred_at_once_in_two_processes_sixty_pass(database_url: str) -> None:
    async with AsyncExitStack() as stack:
        databases = [await stack.enter_async_context(open_database(database_url)) for _ in range(2)]
        processes = [RateLimits(database, Watch()) for database in databases]
        who = caller(per_minute=60)

        standings = await asyncio.gather(*(counted(processes[n % 2], who) for n in range(100)))

    passed = [standing for standing in standings if standing.retry_after_s is None]
    assert sorted(standing.remaining for standing in passed) == list(range(60))
    assert {standing.remaining for standing in standings if standing.retry_after_s is not None} == {0}


async def test_what_one_process_counted_another_knows(database_url: str) -> None:
    async with open_database(database_url) as one, open_database(database_url) as other:
        await RateLimits(one, Watch()).count(caller(per_minute=1))

        assert (await counted(RateLimits(other, Watch()), caller(per_minute=1))).retry_after_s == 60


async def test_what_is_refused_is_not_counted(database: Database) -> None:
    for _ in range(5):  # of processes that do not know of each other
        await RateLimits(database, Watch()).count(caller(per_minute=2))

    async with database.reading() as connection:
        assert list((await connection.execute(select(rate_limits.c.count))).scalars()) == [2]


async def test_counts_of_past_minutes_do_not_stay(database: Database) -> None:
    watch = Watch()
    limits = RateLimits(database, watch)
    for _ in range(10):
        await limits.count(caller(key_id="key_a"))
        await limits.count(caller(key_id="key_b"))
        watch.after(60)

    # Those of the last minute, and of the one before it for processes whose clocks are late.
    assert len(await kept_keys(database)) == 2 * 2


async def test_a_late_clock_neither_loses_nor_gains_requests(database_url: str) -> None:
    async with open_database(database_url) as one, open_database(database_url) as other:
        early = RateLimits(one, Watch(NOON + timedelta(seconds=60.5)))
        late = RateLimits(other, Watch(NOON + timedelta(seconds=59.5)))
        who = caller(per_minute=2)

        let_in = [(await counted(limits, who)).retry_after_s is None for limits in [early, late] * 4]

    assert let_in == [True] * 4 + [False] * 4


async def test_the_longest_ids_fit(database: Database) -> None:
    who = caller(key_id="k" * 64, per_minute=2**31 - 1)

    assert (await counted(RateLimits(database, Watch()), who)).remaining == 2**31 - 2
