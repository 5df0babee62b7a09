"""Counts of requests in the records, as the storage that the limiting library asks for."""

from datetime import datetime, timedelta

from limits.aio.storage import Storage
from sqlalchemy import bindparam, delete, select, text

from server.database.open import Database
from server.database.schema import UtcTime
from server.database.tables import rate_limits

#: Behind the end of its window, for processes whose clocks are late.
_KEPT = timedelta(minutes=1)
#: Made once: putting it together for each request would cost as much as the database itself.
_COUNT = text(
    "INSERT INTO rate_limits (key, count, expires_at) VALUES (:key, :amount, :expires_at) "
    "ON CONFLICT (key) DO UPDATE SET count = rate_limits.count + excluded.count "
    "WHERE rate_limits.count + excluded.count <= :limit RETURNING count"
).bindparams(bindparam("expires_at", type_=UtcTime()))


class Window(Storage):
    """Counts in one window, and never beyond its limit. Made for one request.

    Counting is one statement; what that told answers the library's further questions. Each window has a row
    of its own: processes whose clocks differ a little disagree about the window, never about a count.
    """

    def __init__(self, database: Database, ends_at: datetime, limit: int) -> None:
        super().__init__()
        self._database = database
        self._ends_at = ends_at
        self._limit = limit
        self._told: int | None = None

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return ()

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:  # noqa: ARG002  the signature is the base's
        """The count with this request, or more than the limit, and nothing counted, if it is one too many."""
        hit = {"key": self._row_key(key), "amount": amount, "expires_at": self._ends_at, "limit": self._limit}
        async with self._database.writing_once() as connection:
            told = (await connection.execute(_COUNT, hit)).scalar_one_or_none()
        self._told = self._limit + amount if told is None else int(told)
        return self._told

    async def get(self, key: str) -> int:
        if self._told is not None:
            return self._told
        query = select(rate_limits.c.count).where(rate_limits.c.key == self._row_key(key))
        async with self._database.reading() as connection:
            return int((await connection.execute(query)).scalar_one_or_none() or 0)

    async def get_expiry(self, key: str) -> float:  # noqa: ARG002  the signature is the base's
        return self._ends_at.timestamp()

    async def check(self) -> bool:
        await self._database.check()
        return True

    async def reset(self) -> int:
        async with self._database.writing() as connection:
            return (await connection.execute(delete(rate_limits))).rowcount

    async def clear(self, key: str) -> None:
        async with self._database.writing() as connection:
            await connection.execute(delete(rate_limits).where(rate_limits.c.key == self._row_key(key)))

    def _row_key(self, key: str) -> str:
        return f"{key}/{int(self._ends_at.timestamp())}"


async def remove_ended(database: Database, now: datetime) -> None:
    """Remove the counts of windows that have ended. Several processes may do so at once."""
    ended = select(rate_limits.c.key).where(rate_limits.c.expires_at <= now - _KEPT)
    async with database.writing() as connection:
        unclaimed = ended.with_for_update(skip_locked=True)
        await connection.execute(delete(rate_limits).where(rate_limits.c.key.in_(unclaimed)))
