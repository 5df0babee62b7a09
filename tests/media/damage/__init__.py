"""Damaged recordings, and what becomes of them."""
