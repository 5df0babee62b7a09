"""Copied segments are proven."""
