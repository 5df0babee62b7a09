"""Certificates and keys in files that the settings name."""

from pathlib import Path

from zerokerf.errors import ConfigError


def read_pem(path: Path) -> bytes:
    """Blocks. Raises ConfigError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"The file {path} cannot be read: {error.strerror}.") from error


def read_pem_if_named(path: Path | None) -> bytes | None:
    """As `read_pem`; None for none."""
    return read_pem(path) if path is not None else None
