"""The first account and its key, so that a fresh service can be called at all."""

from sqlalchemy import case, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.key_records import BOOTSTRAP_KEY_ID
from server.accounts.key_secrets import hash_of, new_secret, preview_of
from server.accounts.tokens import looks_like_token
from server.database.clock import Clock, utc_now
from server.database.inserting import insert_into
from server.database.open import Database
from server.database.tables import accounts, api_keys
from zerokerf.errors import ConfigError

ACCOUNT_ID = "acc_bootstrap"
NAME = "Bootstrap"


async def ensure_bootstrap(
    database: Database, secret: str | None, clock: Clock = utc_now, webhook_secret: str | None = None
) -> str | None:
    """Make the account once. Returns a key that was made now; never again, as only its hash is kept.

    With a secret, that is the key from now on, in place of an earlier one, and None is returned. With a
    webhook secret, that is the account's until it is renewed, unless it has one. Safe when several processes
    start at once: one of them makes the account. Raises ConfigError for a secret that looks like a token.
    """
    if secret is not None and looks_like_token(secret):
        raise ConfigError("ZEROKERF_BOOTSTRAP_API_KEY has the shape of a token; leave out its dots.")
    async with database.writing() as connection:
        is_new = await _make_account(connection, clock)
        if webhook_secret is not None:
            await _seed_webhook_secret(connection, webhook_secret)
        if secret is not None:
            await _set_key(connection, secret, clock)
            return None
        if not is_new:
            return None
        made = new_secret(is_test=False)
        await _set_key(connection, made, clock)
        return made


async def _make_account(connection: AsyncConnection, clock: Clock) -> bool:
    once = insert_into(accounts, connection).on_conflict_do_nothing(index_elements=["id"])
    row = {"id": ACCOUNT_ID, "name": NAME, "created_at": clock()}
    if (await connection.execute(once.values(row))).rowcount:
        return True
    # Made by a release whose accounts had no names.
    nameless = accounts.c.id == ACCOUNT_ID, accounts.c.name == "", accounts.c.closed_at.is_(None)
    await connection.execute(update(accounts).where(*nameless).values(name=NAME))
    return False


async def _seed_webhook_secret(connection: AsyncConnection, secret: str) -> None:
    # Only where there is none: a start must not undo a rotation.
    unset = accounts.c.id == ACCOUNT_ID, accounts.c.webhook_secret.is_(None)
    await connection.execute(update(accounts).where(*unset).values(webhook_secret=secret))


async def _set_key(connection: AsyncConnection, secret: str, clock: Clock) -> None:
    shown = {"secret_hash": hash_of(secret), "preview": preview_of(secret)}
    key = insert_into(api_keys, connection).values(
        id=BOOTSTRAP_KEY_ID, account_id=ACCOUNT_ID, name=NAME, created_at=clock(), **shown
    )
    # A key that was revoked stays so; another one in its place is a new beginning.
    is_same = api_keys.c.secret_hash == key.excluded.secret_hash
    revoked_at = case((is_same, api_keys.c.revoked_at), else_=None)
    await connection.execute(
        key.on_conflict_do_update(index_elements=["id"], set_={**shown, "revoked_at": revoked_at})
    )
