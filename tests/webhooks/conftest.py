"""Databases to test on."""

from tests.services.databases import database, database_url, empty_database_url, postgres

__all__ = ["database", "database_url", "empty_database_url", "postgres"]
