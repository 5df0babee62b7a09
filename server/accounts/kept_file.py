"""A secret that is made once and kept in a file."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def kept_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """The file's content, made now if there is none. Nobody but its owner can read it."""
    if path.exists():
        return path.read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.stem}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(make())
    try:
        os.link(fresh, path)  # of processes that start together, one wins and all read its secret
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_bytes()
