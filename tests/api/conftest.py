"""Databases to test on, and services of accounts and of transcription on each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.database.open import Database
from tests.api.account_house import Api, open_accounts
from tests.api.batch_house import House, open_house
from tests.services.databases import database, database_url, empty_database_url, postgres

__all__ = ["database", "database_url", "empty_database_url", "house", "postgres"]


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with open_house(database) as house:
        yield house


@pytest.fixture
async def api(database: Database, tmp_path: Path) -> AsyncIterator[Api]:
    """Called by the owner of account acc_a."""
    async with open_accounts(database, tmp_path) as api:
        yield api
