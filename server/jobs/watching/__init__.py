"""Watching a job until it ends."""
