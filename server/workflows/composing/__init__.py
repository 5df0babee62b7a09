"""Cuts recordings inside the store."""
