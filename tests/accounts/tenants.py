"""Accounts with callers to test with, and a clock to set."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, update

from server.accounts.api_keys import ApiKeys
from server.accounts.key_records import KeyRecords
from server.accounts.key_uses import KeyUses
from server.accounts.model import ApiKey, Caller, Plan, Scope
from server.accounts.plans import Plans
from server.database.open import Database
from server.database.tables import accounts

UNLIMITED = Plan("unlimited", "Unlimited")
SMALL = Plan("plan_small", "Small", api_keys=2, requests_per_minute=10)
PLANS = Plans({plan.id: plan for plan in (UNLIMITED, SMALL)}, UNLIMITED)
START = datetime(2026, 5, 17, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Time:
    """Stands still until it is moved on."""

    now: datetime = START
    monotonic_s: float = 1000.0

    def clock(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.monotonic_s

    def pass_(self, time: timedelta) -> None:
        self.now += time
        self.monotonic_s += time.total_seconds()


async def make_account(database: Database, account_id: str, plan: Plan = UNLIMITED) -> Caller:
    """The bearer of a token of a new account."""
    row = {"id": account_id, "name": account_id, "plan": plan.id, "created_at": START}
    async with database.writing() as connection:
        await connection.execute(insert(accounts).values(row))
    return Caller(account_id, plan, frozenset({Scope.KEYS_MANAGE}))


async def close_account(database: Database, account_id: str) -> None:
    async with database.writing() as connection:
        mine = update(accounts).where(accounts.c.id == account_id)
        await connection.execute(mine.values(closed_at=START))


def bearer(key: ApiKey, plan: Plan = UNLIMITED) -> Caller:
    """Who calls with a key."""
    return Caller(key.account_id, plan, key.scopes, key.id, key.is_test)


def keys_at(database: Database, time: Time) -> ApiKeys:
    """What a server process has to know keys by."""
    return ApiKeys(database, PLANS, KeyUses(database), time.clock, time.monotonic)


def records_at(database: Database, time: Time, told: ApiKeys | None = None) -> KeyRecords:
    """`told` is of the same process."""
    return KeyRecords(database, time.clock, *([told.forget] if told is not None else []))
