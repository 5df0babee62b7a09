"""Measures the running service and prints what it should be beside what it is."""
