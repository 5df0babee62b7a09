"""Brings a database to the tables that this version works with."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from server.database.open import Database

_FOLDER = Path(__file__).with_name("migrations")
_LOCK = 0x7A65726F  # any fixed number; the same one in every version


async def migrate(database: Database, revision: str = "head") -> None:
    """Upgrade in one transaction. Safe when several processes start at once: one works, the others wait."""
    async with database.writing() as connection:
        if database.is_postgres:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        await connection.run_sync(_upgrade, revision)


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
