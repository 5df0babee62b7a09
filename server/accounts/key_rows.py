"""Keys as their table holds them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_

from server.accounts.model import ALL_SCOPES, ApiKey, Scope
from server.database.tables import api_keys


def scopes_of(stored: Iterable[str] | None) -> frozenset[Scope]:
    """Null stands for every scope. One that is no longer known allows nothing."""
    if stored is None:
        return ALL_SCOPES
    known = set(Scope)
    return frozenset(Scope(name) for name in stored if name in known)


def living(account_id: str) -> ColumnElement[bool]:
    """The keys of an account that are not revoked."""
    return and_(api_keys.c.account_id == account_id, api_keys.c.revoked_at.is_(None))


def key_of(row: RowMapping) -> ApiKey:
    return ApiKey(
        id=row["id"],
        account_id=row["account_id"],
        name=row["name"],
        preview=row["preview"],
        scopes=scopes_of(row["scopes"]),
        is_test=row["is_test"],
        created_at=row["created_at"],
        use_count=row["use_count"],
        last_used_at=row["last_used_at"],
        updated_at=row["updated_at"],
        rotated_at=row["rotated_at"],
        expires_at=row["expires_at"],
    )


def new_row(key: ApiKey, secret_hash: str) -> dict[str, Any]:
    return {
        "id": key.id,
        "account_id": key.account_id,
        "secret_hash": secret_hash,
        "name": key.name,
        "preview": key.preview,
        "scopes": sorted(key.scopes),
        "is_test": key.is_test,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
    }


def is_over(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and expires_at <= now
