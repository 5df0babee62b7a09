"""How many deliveries have not ended, for operators."""

from sqlalchemy import func, select, text

from server.database.open import Database
from server.database.tables import webhook_deliveries

_MOST_COUNTED = 100_000


async def count_pending(database: Database) -> int:
    """A hundred thousand at most. Raises Unavailable."""
    # Word for word the condition of the index, so that both databases use it.
    some = select(webhook_deliveries.c.id).where(text("webhook_deliveries.state = 'pending'"))
    async with database.reading() as connection:
        query = select(func.count()).select_from(some.limit(_MOST_COUNTED).subquery())
        return await connection.scalar(query) or 0
