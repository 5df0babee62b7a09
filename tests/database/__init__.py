"""The database of all records."""
