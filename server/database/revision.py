"""Which version of the tables a database has, which one this version of the service needs, and its clock."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select

from server.database.open import Database

_FOLDER = Path(__file__).with_name("migrations")


@dataclass(frozen=True, slots=True)
class Revision:
    """`found` is None for a database without tables."""

    found: str | None
    wanted: str | None

    @property
    def is_wanted(self) -> bool:
        return self.found == self.wanted


async def revision_of(database: Database) -> Revision:
    """Changes nothing. Raises Unavailable."""
    async with database.reading() as connection:
        found = await connection.run_sync(_found)
    return Revision(found, ScriptDirectory(str(_FOLDER)).get_current_head())


async def time_of(database: Database) -> datetime | None:
    """None where the database has no clock but this machine's. Raises Unavailable."""
    if not database.is_postgres:
        return None
    async with database.reading() as connection:
        now: datetime | None = await connection.scalar(select(func.clock_timestamp()))
        return now


def _found(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
