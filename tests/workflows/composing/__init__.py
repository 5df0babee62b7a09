"""Segments that an S3 store makes of its own bytes."""
