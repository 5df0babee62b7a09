"""How the engine is spoken to where it asks for TLS, by the files that the settings name."""

from temporalio.service import TLSConfig

from server.pem_files import read_pem_if_named
from server.settings import Settings


def engine_tls(settings: Settings) -> TLSConfig | bool:
    """Blocks. Raises ConfigError."""
    if settings.temporal_ca_file is None and settings.temporal_cert_file is None:
        return settings.temporal_tls
    return TLSConfig(
        server_root_ca_cert=read_pem_if_named(settings.temporal_ca_file),
        client_cert=read_pem_if_named(settings.temporal_cert_file),
        client_private_key=read_pem_if_named(settings.temporal_key_file),
    )
