"""The addresses that webhooks go to: one that fails for several events in a row is disabled."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.hashes import url_hash
from server.database.ids import shown
from server.database.inserting import insert_into
from server.database.open import Database
from server.database.schema import UtcTime
from server.database.tables import webhook_deliveries, webhook_endpoints
from server.webhooks.model import Endpoint
from server.webhooks.rows import endpoint_of
from zerokerf.errors import EndpointNotFound

DISABLED_AFTER = 3
_MOST_LISTED = 1000


class Endpoints:
    """Of the account that is named; what is another's is not there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def troubled(self, account_id: str) -> tuple[Endpoint, ...]:
        """Those that failed lately or are disabled, by URL."""
        table = webhook_endpoints
        trouble = or_(table.c.failed_in_a_row > 0, table.c.disabled_at.is_not(None))
        query = select(table).where(table.c.account_id == account_id, trouble)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(table.c.url).limit(_MOST_LISTED))
            return tuple(endpoint_of(row) for row in rows.mappings())

    async def enable(self, account_id: str, url: str) -> Endpoint:
        """Safe to repeat. Raises EndpointNotFound when no webhook of the account went there."""
        fresh = {"failed_in_a_row": 0, "disabled_at": None}
        async with self._database.writing() as connection:
            changed = update(webhook_endpoints).where(_at(account_id, url)).values(fresh)
            known = (await connection.execute(changed)).rowcount or await _was_used(
                connection, account_id, url
            )
        if not known:
            raise EndpointNotFound(shown(url))
        return Endpoint(url)


async def record_success(connection: AsyncConnection, account_id: str, url: str) -> None:
    """What is disabled stays so until it is enabled again."""
    failed = webhook_endpoints.c.failed_in_a_row > 0
    await connection.execute(
        update(webhook_endpoints).where(_at(account_id, url), failed).values(failed_in_a_row=0)
    )


async def record_failed_event(connection: AsyncConnection, account_id: str, url: str, now: datetime) -> None:
    table = webhook_endpoints
    first = insert_into(table, connection).values(
        account_id=account_id, url_hash=url_hash(url), url=url, failed_in_a_row=1
    )
    count = table.c.failed_in_a_row + 1
    is_enough = and_(table.c.disabled_at.is_(None), count >= DISABLED_AFTER)
    disabled_at = case((is_enough, literal(now, UtcTime)), else_=table.c.disabled_at)
    again = {"failed_in_a_row": count, "disabled_at": disabled_at}
    key = [table.c.account_id, table.c.url_hash]
    await connection.execute(first.on_conflict_do_update(index_elements=key, set_=again))


def _at(account_id: str, url: str) -> ColumnElement[bool]:
    return and_(webhook_endpoints.c.account_id == account_id, webhook_endpoints.c.url_hash == url_hash(url))


async def _was_used(connection: AsyncConnection, account_id: str, url: str) -> bool:
    table = webhook_deliveries
    query = select(table.c.id).where(table.c.account_id == account_id, table.c.url_hash == url_hash(url))
    return await connection.scalar(query.limit(1)) is not None
