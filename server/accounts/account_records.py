"""Accounts as their owners see them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, select

from server.accounts.model import Plan
from server.accounts.plans import Plans
from server.database.open import Database
from server.database.tables import accounts
from zerokerf.errors import Unauthenticated


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str
    created_at: datetime
    plan: Plan
    closed_at: datetime | None = None


class AccountRecords:
    def __init__(self, database: Database, plans: Plans) -> None:
        self._database = database
        self._plans = plans

    async def get(self, account_id: str) -> Account:
        """Raises Unauthenticated if there is no such account any more."""
        async with self._database.reading() as connection:
            found = await connection.execute(select(accounts).where(accounts.c.id == account_id))
            row = found.mappings().one_or_none()
        if row is None:
            raise Unauthenticated
        return account_of(row, self._plans)


def account_of(row: RowMapping, plans: Plans) -> Account:
    return Account(row["id"], row["name"], row["created_at"], plans.of(row["plan"]), row["closed_at"])
