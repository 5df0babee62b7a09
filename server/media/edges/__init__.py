"""Compares finished segments with their source, decoding both."""
