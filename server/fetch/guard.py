"""What may be fetched at all: which URLs make sense and which addresses may be connected to. Pure rules."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from zerokerf.errors import InvalidUrl

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

# Spelled out rather than asked of `ipaddress`, whose answers change with the Python version.
_REFUSED_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network, and 0.0.0.0 which connects to loopback
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and some clouds' metadata
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# Only global unicast passes, so loopback, ULA, link-local, multicast, IPv4-mapped and NAT64 need no entry.
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments; Teredo carries an IPv4 address
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE)
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Public addresses, and those in the networks that the operator opened."""

    allow: tuple[IPNetwork, ...] = ()

    def is_opened(self, ip: IPAddress) -> bool:
        return any(ip in network for network in self.allow)

    def is_allowed(self, ip: IPAddress) -> bool:
        return self.is_opened(ip) or _is_public(ip)

    def usable(self, addresses: Iterable[IPAddress]) -> list[IPAddress]:
        """The addresses of one host that may be connected to; none if a single one of them may not.

        A host that the operator opened by one address is used by its opened addresses alone: `localhost`
        is often 127.0.0.1 and ::1, and opening the first is meant to be enough.
        """
        found = list(addresses)
        opened = [ip for ip in found if self.is_opened(ip)]
        if opened:
            return opened
        return found if all(_is_public(ip) for ip in found) else []


def _is_public(ip: IPAddress) -> bool:
    if isinstance(ip, IPv4Address):
        return not any(ip in block for block in _REFUSED_V4)
    # A scope names one of our own links, so it has no meaning for a public address.
    return ip.scope_id is None and ip in _GLOBAL_V6 and not any(ip in block for block in _REFUSED_V6)


def check_url(
    url: str, *, max_length: int = 2048, policy: AddressPolicy | None = None, field: str = "source.url"
) -> httpx.URL:
    """The parsed URL, or InvalidUrl for `field`. With a policy, a literal address is held against it too."""
    if len(url) > max_length:
        raise InvalidUrl({field: f"The URL is longer than {max_length} characters."})
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in url):
        raise InvalidUrl({field: "The URL contains control characters."})
    try:
        parsed = httpx.URL(url)
        sentence = _fault(url, parsed, policy)
    except (httpx.InvalidURL, UnicodeError):
        sentence = "The URL cannot be read; it should look like https://example.com/recording.wav."
    if sentence:
        raise InvalidUrl({field: sentence})
    return parsed


def _fault(url: str, parsed: httpx.URL, policy: AddressPolicy | None) -> str | None:
    if parsed.scheme not in {"http", "https"}:
        return "The URL must start with http:// or https://."
    host = parsed.raw_host.decode("ascii")
    if not host:
        return "The URL names no host."
    # Readers disagree on where a host ends when a backslash comes before it.
    if "\\" in url or not _is_host(host):
        return "The host of the URL is not a valid name or address."
    if parsed.port is not None and not 1 <= parsed.port <= 65535:
        return "The port of the URL must be between 1 and 65535."
    literal = _literal(host)
    if policy is not None and literal is not None and not policy.is_allowed(literal):
        return "The URL leads to a private or reserved address, which is not fetched."
    return None


def _is_host(host: str) -> bool:
    if ":" in host:
        return "%" not in host and _literal(host) is not None
    if len(host) > 253 or not _HOST_NAME.fullmatch(host):
        return False
    # 2130706433, 0177.0.0.1 and 127.1 are addresses to some resolvers and names to others.
    last_label = host.rstrip(".").rpartition(".")[2]
    return not _NUMERIC_LABEL.fullmatch(last_label) or _literal(host) is not None


def _literal(host: str) -> IPAddress | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def parse_networks(cidrs: Iterable[str]) -> tuple[IPNetwork, ...]:
    """Raises ValueError with the offending text."""
    return tuple(ip_network(cidr.strip()) for cidr in cidrs if cidr.strip())
