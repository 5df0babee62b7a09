"""Holds the container files to what can be seen without a container engine."""
