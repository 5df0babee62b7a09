"""API keys: known only by their hash, asked for on every call."""

import hashlib
import hmac
import time
from collections.abc import Callable

from sqlalchemy import select

from server.database.open import Database
from server.database.tables import api_keys
from zerokerf.errors import Unauthenticated

_MAX_LENGTH = 512
#: A key that is taken back works for at most this long.
_REMEMBERED_S = 1.0
_MOST_REMEMBERED = 1000


def hash_of(secret: str) -> str:
    """A fast hash is right here: keys are 256 random bits, so there is nothing to guess slowly.

    Slow hashes protect what people choose; here they would only let strangers keep the service busy.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class ApiKeys:
    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._remembered: dict[str, tuple[str, float]] = {}

    async def authenticate(self, secret: str) -> str:
        """The id of the account that the key speaks for. Raises Unauthenticated."""
        if not 0 < len(secret) <= _MAX_LENGTH:
            raise Unauthenticated
        secret_hash = hash_of(secret)
        account_id, until = self._remembered.get(secret_hash, ("", 0.0))
        if account_id and self._monotonic() < until:
            return account_id
        return await self._look_up(secret_hash)

    async def _look_up(self, secret_hash: str) -> str:
        query = select(api_keys.c.account_id, api_keys.c.secret_hash)
        async with self._database.reading() as connection:
            row = (await connection.execute(query.where(api_keys.c.secret_hash == secret_hash))).one_or_none()
        if row is None or not hmac.compare_digest(row.secret_hash, secret_hash):
            self._remembered.pop(secret_hash, None)
            raise Unauthenticated
        account_id: str = row.account_id
        self._remember(secret_hash, account_id)
        return account_id

    def _remember(self, secret_hash: str, account_id: str) -> None:
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[secret_hash] = (account_id, self._monotonic() + _REMEMBERED_S)
