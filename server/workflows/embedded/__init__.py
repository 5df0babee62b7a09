"""Temporal's own server as a child process, for those who run everything on one machine."""
