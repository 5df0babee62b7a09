"""API keys: known only by their hash, asked for on every call."""

import asyncio
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, select

from server.accounts.key_rows import is_over, scopes_of
from server.accounts.key_secrets import hash_of
from server.accounts.key_uses import KeyUses
from server.accounts.model import Caller
from server.accounts.plans import Plans
from server.accounts.remembered import Remembered
from server.database.clock import Clock, utc_now
from server.database.open import Database
from server.database.tables import accounts, api_keys
from zerokerf.errors import KeyRevoked, Unauthenticated

MAX_SECRET = 512
#: A key that is taken back works for at most this long.
REMEMBERED_S = 1.0
#: Of keys that work, and as many of others apart from them: strangers push no good key out.
MOST_REMEMBERED = 10_000
#: Lookups at once. Who asks for a key that is being looked up waits for that answer instead of asking again.
_LANES = 64

_COLUMNS = (
    api_keys.c.id,
    api_keys.c.account_id,
    api_keys.c.secret_hash,
    api_keys.c.scopes,
    api_keys.c.is_test,
    api_keys.c.expires_at,
    api_keys.c.revoked_at,
    accounts.c.plan,
    accounts.c.closed_at,
)


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    expires_at: datetime | None


class ApiKeys:
    """A key costs one query a second at most, good or bad, however often it is sent.

    Each other bad key costs one read of an index. Shared by many tasks at once.
    """

    def __init__(
        self,
        database: Database,
        plans: Plans,
        uses: KeyUses,
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._plans = plans
        self._uses = uses
        self._clock = clock
        self._monotonic = monotonic
        self._known: Remembered[_Known] = Remembered(MOST_REMEMBERED, REMEMBERED_S, monotonic)
        self._refused: Remembered[type[Unauthenticated]] = Remembered(
            MOST_REMEMBERED, REMEMBERED_S, monotonic
        )
        self._lanes = tuple(asyncio.Lock() for _ in range(_LANES))

    async def authenticate(self, secret: str) -> Caller:
        """Whom the key speaks for. Raises Unauthenticated or KeyRevoked. A success counts as a use."""
        if not 0 < len(secret) <= MAX_SECRET:
            raise Unauthenticated
        secret_hash = hash_of(secret)
        known = self._remembered(secret_hash) or await self._look_up(secret_hash)
        if is_over(known.expires_at, now := self._clock()):
            raise Unauthenticated("This API key has expired; use another one.")
        if known.caller.key_id is not None:
            self._uses.note(known.caller.key_id, now)
        return known.caller

    def forget(self, secret_hash: str) -> None:
        """What ended in this process ends here at once."""
        self._known.forget(secret_hash)

    def _remembered(self, secret_hash: str) -> _Known | None:
        refusal = self._refused.get(secret_hash)
        if refusal is not None:
            raise refusal
        return self._known.get(secret_hash)

    async def _look_up(self, secret_hash: str) -> _Known:
        async with self._lanes[int(secret_hash[:8], 16) % _LANES]:
            known = self._remembered(secret_hash)
            if known is not None:
                return known
            asked_at = self._monotonic()
            row = await self._read(secret_hash)
            refusal = _refusal(row, secret_hash)
            if row is None or refusal is not None:
                self._refused.put(secret_hash, refusal or Unauthenticated, asked_at)
                raise refusal or Unauthenticated
            known = _Known(self._caller(row), row["expires_at"])
            self._known.put(secret_hash, known, asked_at)
            return known

    async def _read(self, secret_hash: str) -> RowMapping | None:
        query = select(*_COLUMNS).join_from(api_keys, accounts).where(api_keys.c.secret_hash == secret_hash)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).mappings().one_or_none()

    def _caller(self, row: RowMapping) -> Caller:
        return Caller(
            account_id=row["account_id"],
            plan=self._plans.of(row["plan"]),
            scopes=scopes_of(row["scopes"]),
            key_id=row["id"],
            is_test=row["is_test"],
        )


def _refusal(row: RowMapping | None, secret_hash: str) -> type[Unauthenticated] | None:
    if row is None or not hmac.compare_digest(row["secret_hash"], secret_hash):
        return Unauthenticated
    if row["revoked_at"] is not None or row["closed_at"] is not None:
        return KeyRevoked
    return None
