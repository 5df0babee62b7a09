"""What operators do with accounts from the command line, beside the service and with no caller."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from server.accounts.account_records import Account, account_of
from server.accounts.closing import Closing
from server.accounts.key_creation import KeyWish, NewKey, draft_key, insert_once
from server.accounts.plans import Plans
from server.database.clock import Clock, utc_now
from server.database.ids import Prefix, new_id, shown
from server.database.open import Database
from server.database.tables import accounts
from zerokerf.errors import InvalidParams

FIRST_KEY = "First key"
MAX_NAME = 100


class _FoundByServer:
    async def start_closing(self, account_id: str) -> None:
        """Here is no engine. The service finds closed accounts by itself, within seconds of its start."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    account: Account
    #: With every scope; its secret is shown this once.
    key: NewKey


class Operators:
    def __init__(self, database: Database, plans: Plans, clock: Clock = utc_now) -> None:
        self._database = database
        self._plans = plans
        self._clock = clock

    async def create(self, name: str, plan_id: str | None = None) -> NewAccount:
        """Without a plan the account has the default one. Raises InvalidParams."""
        if not 0 < len(name.strip()) <= MAX_NAME or not name.isprintable():
            raise InvalidParams({"name": f"A name has 1 to {MAX_NAME} printable characters."})
        self._check_plan(plan_id)
        now = self._clock()
        account = Account(new_id(Prefix.ACCOUNT), name, now, self._plans.of(plan_id))
        row = {"id": account.id, "name": name, "plan": plan_id, "created_at": now}
        key = draft_key(account.id, KeyWish(FIRST_KEY), now)
        async with self._database.writing() as connection:
            await connection.execute(insert(accounts).values(row))
            await insert_once(connection, key, None, None)
        return NewAccount(account, key)

    async def list(self) -> list[Account]:
        """Oldest first, also those that are closed."""
        query = select(accounts).order_by(accounts.c.created_at, accounts.c.id)
        async with self._database.reading() as connection:
            return [account_of(row, self._plans) for row in (await connection.execute(query)).mappings()]

    async def set_plan(self, account_id: str, plan_id: str | None) -> Account:
        """None is the default plan. Holds within a second. Raises InvalidParams."""
        self._check_plan(plan_id)
        return await self._change(account_id, {"plan": plan_id})

    async def close(self, account_id: str) -> datetime:
        """As its owner would. Returns when the last records go. Raises InvalidParams."""
        await self._change(account_id, {})
        return await Closing(self._database, _FoundByServer(), self._clock).close(account_id)

    async def _change(self, account_id: str, columns: Mapping[str, Any]) -> Account:
        mine = accounts.c.id == account_id
        async with self._database.writing() as connection:
            if columns:
                await connection.execute(update(accounts).where(mine).values(columns))
            row = (await connection.execute(select(accounts).where(mine))).mappings().one_or_none()
        if row is None:
            raise InvalidParams({"account_id": f"There is no account {shown(account_id)!r}."})
        return account_of(row, self._plans)

    def _check_plan(self, plan_id: str | None) -> None:
        if plan_id is not None and plan_id not in self._plans.by_id:
            raise InvalidParams(
                {"plan": f"{plan_id!r} is no plan; there are {', '.join(self._plans.by_id)}."}
            )
