"""The keys of accounts: made, shown, changed and ended by callers who may."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.key_creation import KeyWish, NewKey, draft_key, insert_once
from server.accounts.key_management import check_manages, lock_account, read_manager
from server.accounts.key_rows import key_of, living
from server.accounts.key_secrets import hash_of, new_secret, preview_of
from server.accounts.model import ApiKey, Caller, Scope
from server.database.clock import Clock, utc_now
from server.database.ids import Prefix, is_id, shown
from server.database.open import Database
from server.database.tables import api_keys
from zerokerf.errors import KeyNotFound

BOOTSTRAP_KEY_ID = "key_bootstrap"


@dataclass(frozen=True, slots=True)
class KeyChanges:
    """None leaves a thing as it is."""

    name: str | None = None
    scopes: frozenset[Scope] | None = None
    expires_at: datetime | None = None
    never_expires: bool = False


class KeyRecords:
    """Every call is made by somebody, and sees the keys of that account only. Shared by many tasks."""

    def __init__(
        self, database: Database, clock: Clock = utc_now, forget: Callable[[str], None] = lambda _hash: None
    ) -> None:
        """`forget` is told the hash of every secret that ends here."""
        self._database = database
        self._clock = clock
        self._forget = forget

    async def create(self, caller: Caller, wish: KeyWish, request_id: str | None = None) -> NewKey:
        """Safe to repeat with a request id.

        Raises ScopeBeyondOwn, TooManyKeys, IdempotencyConflict, and KeyNotFound if a repeated key is revoked.
        """
        draft = draft_key(caller.account_id, wish, self._clock())
        async with self._changing(caller) as (connection, manager):
            check_manages(manager, draft.key)
            return await insert_once(connection, draft, caller.plan.api_keys, request_id)

    async def list(self, caller: Caller) -> list[ApiKey]:
        """Oldest first, without those that are revoked."""
        query = select(api_keys).where(living(caller.account_id))
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(api_keys.c.created_at, api_keys.c.id))
            return [key_of(row) for row in rows.mappings()]

    async def get(self, caller: Caller, key_id: str) -> ApiKey:
        async with self._database.reading() as connection:
            return key_of(await _find(connection, caller.account_id, key_id))

    async def update(self, caller: Caller, key_id: str, changes: KeyChanges) -> ApiKey:
        """Raises KeyNotFound, ScopeBeyondOwn."""
        async with self._changing(caller) as (connection, manager):
            before = key_of(await _find(connection, caller.account_id, key_id))
            check_manages(manager, before)
            after = _changed(before, changes)
            check_manages(manager, after)
            if after == before:
                return before
            after = replace(after, updated_at=self._clock())
            columns = {"name": after.name, "expires_at": after.expires_at, "updated_at": after.updated_at}
            await _write(connection, key_id, columns | {"scopes": sorted(after.scopes)})
            return after

    async def revoke(self, caller: Caller, key_id: str) -> None:
        """For ever. Raises KeyNotFound, ScopeBeyondOwn."""
        async with self._changing(caller) as (connection, manager):
            row = await _find(connection, caller.account_id, key_id)
            check_manages(manager, key_of(row))
            await _write(connection, key_id, {"revoked_at": self._clock()})
        self._forget(row["secret_hash"])

    async def rotate(self, caller: Caller, key_id: str) -> NewKey:
        """Another secret for the same key. Raises KeyNotFound, ScopeBeyondOwn."""
        async with self._changing(caller) as (connection, manager):
            row = await _find(connection, caller.account_id, key_id)
            check_manages(manager, key_of(row))
            secret = new_secret(is_test=row["is_test"])
            key = replace(key_of(row), preview=preview_of(secret), rotated_at=self._clock())
            columns = {"preview": key.preview, "rotated_at": key.rotated_at}
            await _write(connection, key_id, columns | {"secret_hash": hash_of(secret)})
        self._forget(row["secret_hash"])
        return NewKey(key, secret)

    @asynccontextmanager
    async def _changing(self, caller: Caller) -> AsyncIterator[tuple[AsyncConnection, ApiKey | None]]:
        async with self._database.writing() as connection:
            await lock_account(connection, caller.account_id)
            yield connection, await read_manager(connection, caller, self._clock())


def _changed(key: ApiKey, changes: KeyChanges) -> ApiKey:
    expires_at = None if changes.never_expires else changes.expires_at or key.expires_at
    name = key.name if changes.name is None else changes.name
    scopes = key.scopes if changes.scopes is None else changes.scopes
    return replace(key, name=name, scopes=scopes, expires_at=expires_at)


async def _find(connection: AsyncConnection, account_id: str, key_id: str) -> RowMapping:
    """Raises KeyNotFound, also for what is no id at all."""
    row = None
    if key_id == BOOTSTRAP_KEY_ID or is_id(Prefix.API_KEY, key_id):
        query = select(api_keys).where(living(account_id), api_keys.c.id == key_id)
        row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise KeyNotFound(shown(key_id))
    return row


async def _write(connection: AsyncConnection, key_id: str, columns: dict[str, Any]) -> None:
    await connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(columns))
