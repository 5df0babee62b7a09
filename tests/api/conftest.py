"""Databases to test on, and a service of transcription on each."""

from collections.abc import AsyncIterator

import pytest

from server.database.open import Database
from tests.api.batch_house import House, open_house
from tests.services.databases import database, database_url, empty_database_url, postgres

__all__ = ["database", "database_url", "empty_database_url", "house", "postgres"]


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with open_house(database) as house:
        yield house
