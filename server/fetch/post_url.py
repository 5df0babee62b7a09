"""Where webhooks may go. Pure rules."""

from ipaddress import ip_address

import httpx

from server.fetch.guard import AddressPolicy, check_url
from zerokerf.errors import InvalidUrl

_WELL_KNOWN_PORTS = frozenset({80, 443})
_FIRST_FREE_PORT = 1024


def webhook_url(url: str, policy: AddressPolicy, field: str = "webhook_url") -> str:
    """The URL, as it was given. Raises InvalidUrl for `field`."""
    check_post_url(url, policy, field)
    return url


def check_post_url(url: str, policy: AddressPolicy, field: str = "webhook_url") -> httpx.URL:
    """The parsed URL. Raises InvalidUrl for `field`."""
    parsed = check_url(url, policy=policy, field=field)
    if sentence := _fault(parsed, policy):
        raise InvalidUrl({field: sentence})
    return parsed


def _fault(url: httpx.URL, policy: AddressPolicy) -> str | None:
    if url.scheme != "https" and not _is_opened(url, policy):
        return "A webhook URL must start with https://."
    if url.userinfo:
        return "A webhook URL must not contain a user name or password; its signature proves who sends."
    # Servers of other protocols listen on low ports, and some do as they are told by a POST.
    if url.port is not None and url.port not in _WELL_KNOWN_PORTS and url.port < _FIRST_FREE_PORT:
        return f"A webhook URL must have port 80, 443, or one from {_FIRST_FREE_PORT} on."
    return None


def _is_opened(url: httpx.URL, policy: AddressPolicy) -> bool:
    """Whether it names an address that the operator opened."""
    try:
        return policy.is_opened(ip_address(url.host))
    except ValueError:
        return False
