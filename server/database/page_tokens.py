"""Cursors into a list that is sorted by time, as text that a client hands back."""

import base64
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from zerokerf.errors import InvalidParams

_MAX_LENGTH = 512


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a page begins behind."""

    created_at: datetime
    id: str


def page_token(cursor: Cursor, account_id: str, filters: Collection[str]) -> str:
    """`filters` tell what else the list was asked for."""
    fields = [cursor.created_at.isoformat(), cursor.id, _list_of(account_id, filters)]
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


def parse_page_token(token: str, account_id: str, filters: Collection[str]) -> Cursor:
    """Raises InvalidParams for a token that was not made for this list."""
    try:
        created_at, found_id, made_for = _fields(token)
        cursor = Cursor(datetime.fromisoformat(created_at), found_id)
    except (ValueError, TypeError, RecursionError):
        raise _invalid() from None
    # No secret is needed: every query names the account, so a forged token only moves in its owner's list.
    if made_for != _list_of(account_id, filters) or cursor.created_at.tzinfo is None or "\0" in found_id:
        raise _invalid()
    return cursor


def _fields(token: str) -> list[str]:
    if len(token) > _MAX_LENGTH:
        raise ValueError("too long")
    padded = token + "=" * (-len(token) % 4)
    fields = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
    if not isinstance(fields, list) or not all(isinstance(field, str) for field in fields):
        raise TypeError("not a list of texts")
    return fields


def _list_of(account_id: str, filters: Collection[str]) -> str:
    return hashlib.sha256(f"{account_id}\n{','.join(sorted(filters))}".encode()).hexdigest()[:16]


def _invalid() -> InvalidParams:
    return InvalidParams({"page_token": "The page token is not one that this list has given out."})
