"""The secrets that sign webhooks: one an account, made when it is first needed."""

import base64
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.clock import Clock, utc_now
from server.database.open import Database
from server.database.tables import accounts
from server.webhooks.model import Secrets
from zerokerf.errors import Unauthenticated

OVERLAP = timedelta(hours=24)
_PREFIX = "whsec_"
_RANDOM_BYTES = 32


class SigningSecrets:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def of(self, account_id: str) -> Secrets:
        """Raises Unauthenticated when there is no such account."""
        async with self._database.reading() as connection:
            found = await _read(connection, account_id, self._clock())
        if found is None:
            await self._make(account_id)
            async with self._database.reading() as connection:
                found = await _read(connection, account_id, self._clock())
        if found is None:
            raise Unauthenticated
        return found

    async def _make(self, account_id: str) -> None:
        """For an account that has none; one that has, keeps it."""
        mine = accounts.c.id == account_id, accounts.c.webhook_secret.is_(None)
        async with self._database.writing() as connection:
            await connection.execute(update(accounts).where(*mine).values(webhook_secret=_new_secret()))

    async def rotate(self, account_id: str, *, end_previous_now: bool = False) -> Secrets:
        """The present secret signs on for 24 hours beside the new one, unless it is to end at once.

        Raises Unauthenticated when there is no such account.
        """
        until = None if end_previous_now else self._clock() + OVERLAP
        rotated = {
            "webhook_secret": _new_secret(),
            # The right-hand side is the row as it was.
            "webhook_secret_previous": None if end_previous_now else accounts.c.webhook_secret,
            "webhook_secret_previous_until": until,
        }
        async with self._database.writing() as connection:
            await connection.execute(update(accounts).where(accounts.c.id == account_id).values(rotated))
            found = await _read(connection, account_id, self._clock())
        if found is None:
            raise Unauthenticated
        return found


def _new_secret() -> str:
    """As a whole it is the key of one signature; what it is the base64 of, that of the other."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_RANDOM_BYTES)).decode()


async def _read(connection: AsyncConnection, account_id: str, now: datetime) -> Secrets | None:
    names = "webhook_secret", "webhook_secret_previous", "webhook_secret_previous_until"
    query = select(*(accounts.c[name] for name in names)).where(accounts.c.id == account_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None or row.webhook_secret is None:
        return None
    previous, until = row.webhook_secret_previous, row.webhook_secret_previous_until
    if previous is None or until is None or until <= now:
        return Secrets(row.webhook_secret)
    return Secrets(row.webhook_secret, previous, until)
