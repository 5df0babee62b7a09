"""How a repeated request is recognized."""

import hashlib
import json
from datetime import datetime, timedelta

from sqlalchemy import Table, update
from sqlalchemy.ext.asyncio import AsyncConnection

#: How long a request id stands for the first request that was made with it.
REMEMBERED_FOR = timedelta(hours=24)


def request_key(request_id: str | None) -> str | None:
    """A client's request id as a column can hold it: of one length, whatever was sent."""
    return _digest(request_id) if request_id else None


async def forget_request(
    connection: AsyncConnection, table: Table, account_id: str, key: str | None, now: datetime
) -> bool:
    """Whether an old request's id was made free. For tables of `account_id`, `request_key`, `created_at`."""
    if key is None:
        return False
    mine = table.c.account_id == account_id, table.c.request_key == key
    old = update(table).where(*mine, table.c.created_at < now - REMEMBERED_FOR)
    return bool((await connection.execute(old.values(request_key=None))).rowcount)


def fingerprint(request: dict[str, object]) -> str:
    """Equal for equal requests. Raises ValueError for numbers that JSON cannot carry."""
    return _digest(json.dumps(request, sort_keys=True, allow_nan=False))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
