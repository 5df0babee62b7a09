"""The guarded downloader against servers that misbehave on purpose, on real sockets."""
