"""Recording a new key, once for each request id and within the plan's number."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.key_rows import key_of, living, new_row
from server.accounts.key_secrets import hash_of, new_secret, preview_of
from server.accounts.model import ALL_SCOPES, ApiKey, Scope
from server.database.ids import Prefix, new_id
from server.database.repeats import fingerprint, forget_request, request_key
from server.database.tables import api_keys
from zerokerf.errors import IdempotencyConflict, KeyNotFound, TooManyKeys


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What a new key shall be."""

    name: str
    scopes: frozenset[Scope] = ALL_SCOPES
    expires_at: datetime | None = None
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class NewKey:
    key: ApiKey
    #: Known to nobody else from now on; empty where the key was made by an earlier request.
    secret: str


def draft_key(account_id: str, wish: KeyWish, now: datetime) -> NewKey:
    """A key as it will be once it is recorded."""
    secret = new_secret(is_test=wish.is_test)
    key = ApiKey(
        id=new_id(Prefix.API_KEY),
        account_id=account_id,
        name=wish.name,
        preview=preview_of(secret),
        scopes=wish.scopes,
        is_test=wish.is_test,
        created_at=now,
        expires_at=wish.expires_at,
    )
    return NewKey(key, secret)


async def insert_once(
    connection: AsyncConnection, draft: NewKey, most: int | None, request_id: str | None
) -> NewKey:
    """The new key, or the one that the account made earlier with the same request id.

    The account is locked. Raises IdempotencyConflict if the earlier request was another, KeyNotFound if that
    key has been revoked, and TooManyKeys.
    """
    key, asked, repeats = draft.key, _fingerprint(draft.key), request_key(request_id)
    await forget_request(connection, api_keys, key.account_id, repeats, key.created_at)
    earlier = await _find(connection, key.account_id, repeats)
    if earlier is not None:
        return NewKey(_same(earlier, asked, request_id or ""), "")
    if most is not None and await _count(connection, key.account_id) >= most:
        raise TooManyKeys(most)
    row = {**new_row(key, hash_of(draft.secret)), "request_key": repeats, "fingerprint": asked}
    await connection.execute(insert(api_keys).values(row))
    return draft


def _same(earlier: RowMapping, asked: str, request_id: str) -> ApiKey:
    if earlier["fingerprint"] != asked:
        raise IdempotencyConflict(request_id)
    if earlier["revoked_at"] is not None:
        raise KeyNotFound(earlier["id"])
    return key_of(earlier)


def _fingerprint(key: ApiKey) -> str:
    expires_at = key.expires_at.isoformat() if key.expires_at else None
    return fingerprint(
        {"name": key.name, "scopes": sorted(key.scopes), "expires_at": expires_at, "is_test": key.is_test}
    )


async def _find(connection: AsyncConnection, account_id: str, repeats: str | None) -> RowMapping | None:
    if repeats is None:
        return None
    mine = api_keys.c.account_id == account_id, api_keys.c.request_key == repeats
    return (await connection.execute(select(api_keys).where(*mine))).mappings().one_or_none()


async def _count(connection: AsyncConnection, account_id: str) -> int:
    count = select(func.count()).select_from(api_keys).where(living(account_id))
    return await connection.scalar(count) or 0
