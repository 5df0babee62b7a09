"""Databases and stores to test on."""

from tests.services.databases import database, database_url, empty_database_url, postgres
from tests.storage.conftest import moto, opened, other_s3_url, s3_url, seaweed, store

__all__ = [
    "database",
    "database_url",
    "empty_database_url",
    "moto",
    "opened",
    "other_s3_url",
    "postgres",
    "s3_url",
    "seaweed",
    "store",
]
