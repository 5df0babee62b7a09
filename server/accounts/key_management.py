"""Which keys a caller may make, change and end: those that may do no more than itself."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.key_rows import is_over, key_of, living
from server.accounts.model import ApiKey, Caller
from server.database.tables import accounts, api_keys
from zerokerf.errors import KeyRevoked, ScopeBeyondOwn, Unauthenticated


async def lock_account(connection: AsyncConnection, account_id: str) -> None:
    """Changes to the keys of one account take turns. Raises Unauthenticated if the account is closed."""
    mine = accounts.c.id == account_id, accounts.c.closed_at.is_(None)
    # SQLite knows no such locks and needs none: there its writers take turns anyway.
    if await connection.scalar(select(accounts.c.id).where(*mine).with_for_update()) is None:
        raise Unauthenticated("This account is closed.")


async def read_manager(connection: AsyncConnection, caller: Caller, now: datetime) -> ApiKey | None:
    """The key that calls, as it is now; None for the bearer of a token, who may manage every key.

    What callers are known by may be a second old, and a key that has just ended must not live on in others.
    """
    if caller.key_id is None:
        return None
    mine = living(caller.account_id), api_keys.c.id == caller.key_id
    row = (await connection.execute(select(api_keys).where(*mine))).mappings().one_or_none()
    if row is None or is_over(row["expires_at"], now):
        raise KeyRevoked
    return key_of(row)


def check_manages(manager: ApiKey | None, key: ApiKey) -> None:
    """Raises ScopeBeyondOwn for a key that may do more, or for longer, than the one that manages it."""
    if manager is None:
        return
    more = sorted(key.scopes - manager.scopes)
    if more:
        raise ScopeBeyondOwn(f"one with the scope {more[0].value!r}")
    if manager.is_test and not key.is_test:
        raise ScopeBeyondOwn("one that is no test key")
    if manager.expires_at is not None and (key.expires_at is None or key.expires_at > manager.expires_at):
        raise ScopeBeyondOwn("one that outlives it")
