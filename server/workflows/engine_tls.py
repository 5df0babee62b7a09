"""How the engine is spoken to where it asks for TLS, by the files that the settings name."""

from pathlib import Path

from temporalio.service import TLSConfig

from server.settings import Settings
from zerokerf.errors import ConfigError


def engine_tls(settings: Settings) -> TLSConfig | bool:
    """Raises ConfigError."""
    cert, key = settings.temporal_cert_file, settings.temporal_key_file
    if (cert is None) != (key is None):
        raise ConfigError("ZEROKERF_TEMPORAL_CERT_FILE and ZEROKERF_TEMPORAL_KEY_FILE go together.")
    if settings.temporal_ca_file is None and cert is None:
        return settings.temporal_tls
    return TLSConfig(
        server_root_ca_cert=_read(settings.temporal_ca_file),
        client_cert=_read(cert),
        client_private_key=_read(key),
    )


def _read(path: Path | None) -> bytes | None:
    try:
        return path.read_bytes() if path is not None else None
    except OSError as error:
        raise ConfigError(f"The file {path} cannot be read: {error.strerror}.") from error
