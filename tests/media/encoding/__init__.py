"""Segments that are encoded."""
