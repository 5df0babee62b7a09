"""The values of accounts: who calls, what a caller may do, and what a plan allows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    SPLITS_READ = "splits:read"
    SPLITS_WRITE = "splits:write"
    BATCH_READ = "batch:read"
    BATCH_WRITE = "batch:write"
    KEYS_MANAGE = "keys:manage"


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an account may use. A limit that is None is none."""

    id: str
    name: str
    #: For each API key.
    requests_per_minute: int | None = None
    #: Jobs of one account that are worked on at once.
    concurrent_jobs: int | None = None
    #: Of recordings, in a calendar month, UTC.
    minutes_per_month: int | None = None
    max_source_bytes: int | None = None
    #: Hours that sources and results are kept after a job has ended.
    retention_hours: int | None = None
    api_keys: int | None = None
    #: In cents.
    price_per_month: int = 0
    #: In cents for a minute behind the included ones; None where jobs are refused instead.
    overage_per_minute: int | None = None
    currency: str = "usd"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call, once the key or the token is found to be good."""

    account_id: str
    plan: Plan
    scopes: frozenset[Scope]
    #: None for the bearer of a token.
    key_id: str | None = None
    #: What test keys do counts for nothing.
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What may be shown of a key. Its secret is known to nobody but its bearer."""

    id: str
    account_id: str
    name: str
    preview: str
    scopes: frozenset[Scope]
    is_test: bool
    created_at: datetime
    use_count: int = 0
    last_used_at: datetime | None = None
    updated_at: datetime | None = None
    rotated_at: datetime | None = None
    expires_at: datetime | None = None
