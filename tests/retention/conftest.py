"""Databases and stores to test on."""

from tests.services.databases import database, database_url, empty_database_url, postgres
from tests.storage.conftest import opened, s3_url, seaweed, store

__all__ = [
    "database",
    "database_url",
    "empty_database_url",
    "opened",
    "postgres",
    "s3_url",
    "seaweed",
    "store",
]
