"""The first account and its key, so that a fresh service can be called at all."""

import secrets

from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.api_keys import hash_of
from server.database.clock import Clock, utc_now
from server.database.inserting import insert_into
from server.database.open import Database
from server.database.tables import accounts, api_keys

ACCOUNT_ID = "acc_bootstrap"
_KEY_ID = "key_bootstrap"


async def ensure_bootstrap(database: Database, secret: str | None, clock: Clock = utc_now) -> str | None:
    """Make the account once. Returns a key that was made now; never again, as only its hash is kept.

    With a secret, that is the key from now on, in place of an earlier one, and None is returned. Safe when
    several processes start at once: one of them makes the account.
    """
    async with database.writing() as connection:
        is_new = await _make_account(connection, clock)
        if secret is not None:
            await _set_key(connection, secret, clock)
            return None
        if not is_new:
            return None
        made = f"as_live_sk_{secrets.token_urlsafe(32)}"
        await _set_key(connection, made, clock)
        return made


async def _make_account(connection: AsyncConnection, clock: Clock) -> bool:
    once = insert_into(accounts, connection).on_conflict_do_nothing(index_elements=["id"])
    return bool((await connection.execute(once.values(id=ACCOUNT_ID, created_at=clock()))).rowcount)


async def _set_key(connection: AsyncConnection, secret: str, clock: Clock) -> None:
    key = insert_into(api_keys, connection).values(
        id=_KEY_ID, account_id=ACCOUNT_ID, secret_hash=hash_of(secret), created_at=clock()
    )
    replacing = key.on_conflict_do_update(
        index_elements=["id"], set_={"secret_hash": key.excluded.secret_hash}
    )
    await connection.execute(replacing)
