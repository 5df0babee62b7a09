"""Deliveries on record, as the end of a job leaves them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from server.database.hashes import url_hash
from server.database.ids import Prefix, new_id
from server.database.open import Database
from server.database.tables import accounts, webhook_deliveries

URL = "https://hooks.example.com/a"
BEGINNING = datetime(2026, 5, 2, 8, 15, 40, tzinfo=UTC)


@dataclass
class Hand:
    """A clock that a test turns."""

    now: datetime = field(default=BEGINNING)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


async def new_account(database: Database, account_id: str = "acc_a") -> str:
    async with database.writing() as connection:
        await connection.execute(insert(accounts).values(id=account_id, created_at=BEGINNING))
    return account_id


async def new_delivery(database: Database, **columns: Any) -> str:  # noqa: ANN401 - columns are of all types
    """Pending and due, of account `acc_a`, unless told otherwise."""
    url = columns.get("url", URL)
    row = {
        "id": new_id(Prefix.DELIVERY),
        "account_id": "acc_a",
        "job_id": "job_1",
        "url": url,
        "url_hash": url_hash(url),
        "event": "job.completed",
        "detail": {},
        "state": "pending",
        "attempts": [],
        "next_attempt_at": BEGINNING,
        "created_at": BEGINNING,
    }
    async with database.writing() as connection:
        await connection.execute(insert(webhook_deliveries).values(row | columns))
    return str((row | columns)["id"])
