"""Connects to checked addresses only: a name is resolved once and the connection goes to what was checked."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address

import httpcore
from httpcore import SOCKET_OPTION

from server.fetch.guard import AddressPolicy, IPAddress
from server.fetch.limits import Broken
from zerokerf.errors import DownloadFailed

Resolve = Callable[[str, int, float], Awaitable[list[IPAddress]]]
_MOST_ADDRESSES = 8


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """The network as HTTP sees it. TLS is still verified for the host's name, as that is not changed here."""

    def __init__(self, policy: AddressPolicy, resolve: Resolve | None = None) -> None:
        self._policy = policy
        self._resolve = resolve or resolve_host
        self._network = httpcore.AnyIOBackend()
        self._streams: list[httpcore.AsyncNetworkStream] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002  the signature is the library's
        socket_options: Iterable[SOCKET_OPTION] | None = None,  # noqa: ARG002  the same
    ) -> httpcore.AsyncNetworkStream:
        limit_s = 10.0 if timeout is None else timeout
        ends = time.monotonic() + limit_s
        usable = self._policy.usable(await self._resolve(host, port, limit_s))
        if not usable:
            raise DownloadFailed("the host leads to a private or reserved address, which is not fetched.")
        stream = await self._connect_first(usable[:_MOST_ADDRESSES], port, ends)
        self._streams.append(stream)
        return stream

    async def _connect_first(
        self, addresses: list[IPAddress], port: int, ends: float
    ) -> httpcore.AsyncNetworkStream:
        for address in addresses[:-1]:
            # Half of what is left, so that one dead address does not use up the time of the next.
            share_s = max(ends - time.monotonic(), 0.01) / 2
            try:
                return await self._network.connect_tcp(str(address), port, timeout=share_s)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        rest_s = max(ends - time.monotonic(), 0.01)
        return await self._network.connect_tcp(str(addresses[-1]), port, timeout=rest_s)

    async def aclose(self) -> None:
        """Close whatever is still open; a cancelled handshake leaves its socket to us."""
        for stream in self._streams:
            await stream.aclose()


async def resolve_host(host: str, port: int, limit_s: float) -> list[IPAddress]:
    """Every address of the host, each once. Raises Broken or DownloadFailed."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limit_s):
            rows = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError as error:
        raise Broken(f"its host name was not resolved within {limit_s:g} s.") from error
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise Broken("its host name could not be resolved at the moment.") from error
        raise DownloadFailed("its host name does not exist.") from error
    except (UnicodeError, OSError) as error:
        raise DownloadFailed("its host name cannot be resolved.") from error
    return list(dict.fromkeys(ip_address(row[4][0]) for row in rows))
