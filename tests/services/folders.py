"""Folders of a running service, in which things come and go while somebody looks."""

import os
from collections.abc import Iterator
from pathlib import Path


def paths_in(folder: Path) -> Iterator[Path]:
    """All below it, folders included. What is gone before it was looked into is left out."""
    for root, folders, files in os.walk(folder):
        yield from (Path(root, name) for name in (*folders, *files))
