"""Opens connections to a server: TLS, and the options that keep idle watches alive and reconnect quickly."""

import ipaddress
from dataclasses import dataclass

import grpc

_LOCAL_NAMES = frozenset({"localhost", ""})


@dataclass(frozen=True, slots=True)
class Tls:
    """Encrypts the connection. Without roots of its own it trusts the public ones that gRPC carries.

    Chain and key, in PEM, are shown to servers that ask who calls.
    """

    root_certificates: bytes | None = None
    server_name: str = ""
    certificate_chain: bytes | None = None
    private_key: bytes | None = None


def open_channel(target: str, tls: Tls | None) -> grpc.aio.Channel:
    options = _options(target, tls)
    if tls is None:
        return grpc.aio.insecure_channel(target, options=options)
    credentials = grpc.ssl_channel_credentials(tls.root_certificates, tls.private_key, tls.certificate_chain)
    return grpc.aio.secure_channel(target, credentials, options=options)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host in _LOCAL_NAMES


def _options(target: str, tls: Tls | None) -> list[tuple[str, str | int]]:
    options: list[tuple[str, str | int]] = [
        # A watch may be silent for hours. Servers permit a ping every 20 s; proxies drop silence after 60 s.
        ("grpc.keepalive_time_ms", 25_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.max_pings_without_data", 0),
        # The defaults wait up to two minutes before they look for a restarted server again.
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.min_reconnect_backoff_ms", 5_000),
        ("grpc.max_reconnect_backoff_ms", 5_000),
        # Repeats are ours: the built-in ones know nothing of cursors and committed bytes.
        ("grpc.enable_retries", 0),
        # A job of 5000 segments with signed links is beyond the default of 4 MiB.
        ("grpc.max_receive_message_length", 64 * 2**20),
    ]
    if is_loopback(target.rpartition(":")[0]):
        options.append(("grpc.enable_http_proxy", 0))
    if tls is not None and tls.server_name:
        options.append(("grpc.ssl_target_name_override", tls.server_name))
    return options
