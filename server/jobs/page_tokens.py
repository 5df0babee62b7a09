"""Cursors into a list of jobs, as text that a client hands back."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from server.jobs.states import State
from zerokerf.errors import InvalidParams

_MAX_LENGTH = 512


@dataclass(frozen=True, slots=True)
class Cursor:
    """The job after which a page begins."""

    created_at: datetime
    job_id: str


def page_token(cursor: Cursor, account_id: str, states: frozenset[State]) -> str:
    fields = [cursor.created_at.isoformat(), cursor.job_id, _list_of(account_id, states)]
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


def parse_page_token(token: str, account_id: str, states: frozenset[State]) -> Cursor:
    """Raises InvalidParams for a token that was not made for this list."""
    try:
        created_at, job_id, made_for = _fields(token)
        cursor = Cursor(datetime.fromisoformat(created_at), job_id)
    except (ValueError, TypeError, RecursionError):
        raise _invalid() from None
    # No secret is needed: every query names the account, so a forged token only moves in its owner's list.
    if made_for != _list_of(account_id, states) or cursor.created_at.tzinfo is None or "\0" in job_id:
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


def _list_of(account_id: str, states: frozenset[State]) -> str:
    return hashlib.sha256(f"{account_id}\n{','.join(sorted(states))}".encode()).hexdigest()[:16]


def _invalid() -> InvalidParams:
    return InvalidParams({"page_token": "The page token is not one that this list has given out."})
