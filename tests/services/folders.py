"""Folders of a running service, in which things come and go while somebody looks."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def paths_in(folder: Path) -> Iterator[Path]:
    """All below it, folders included. What is gone before it was looked into is left out."""
    for root, folders, files in os.walk(folder):
        yield from (Path(root, name) for name in (*folders, *files))


def files_in(folder: Path) -> Iterator[Path]:
    """All below it but folders, as they were when their folder was read: each may be gone by now."""
    for root, _, files in os.walk(folder):
        yield from (Path(root, name) for name in files)


def size_bytes_in(folder: Path, pattern: str) -> int:
    """Of all files below it whose names match, and that are there still."""
    total = 0
    for path in files_in(folder):
        if path.match(pattern):
            with suppress(FileNotFoundError):
                total += path.stat().st_size
    return total
