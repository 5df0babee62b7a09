"""The connection goes to the address that was checked, whatever the name says a moment later."""

from ipaddress import ip_address

import httpcore
import pytest

from server.fetch.connect import GuardedBackend
from server.fetch.guard import AddressPolicy, IPAddress
from tests.fetch.site import LOOPBACK, content, serving
from zerokerf.errors import DownloadFailed


class Rebinding:
    """A name server that gives another answer each time."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = iter(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int, limit_s: float) -> list[IPAddress]:
        self.asked += 1
        return [ip_address(text) for text in next(self._answers)]


async def test_a_name_is_resolved_once_and_the_checked_address_is_used() -> None:
    names = Rebinding(["127.0.0.1"], ["10.0.0.1"])
    backend = GuardedBackend(LOOPBACK, names)

    async with serving(content(b"")) as site:
        stream = await backend.connect_tcp("rebinding.example", site.port, timeout=2)
        peer = stream.get_extra_info("server_addr")
        await backend.aclose()

    assert peer == ("127.0.0.1", site.port)
    assert names.asked == 1


async def test_a_public_name_with_one_private_address_is_not_connected_to() -> None:
    backend = GuardedBackend(AddressPolicy(), Rebinding(["8.8.8.8", "127.0.0.1"]))

    async with serving(content(b"")) as site:
        with pytest.raises(DownloadFailed, match="private or reserved"):
            await backend.connect_tcp("mixed.example", site.port, timeout=2)


async def test_a_second_address_is_used_when_the_first_is_dead() -> None:
    backend = GuardedBackend(LOOPBACK, Rebinding(["127.0.0.2", "127.0.0.1"]))

    async with serving(content(b"")) as site:
        stream = await backend.connect_tcp("two.example", site.port, timeout=2)
        peer = stream.get_extra_info("server_addr")
        await backend.aclose()

    assert peer == ("127.0.0.1", site.port)


async def test_only_the_network_itself_is_offered_to_http() -> None:
    backend = GuardedBackend(LOOPBACK)

    assert isinstance(backend, httpcore.AsyncNetworkBackend)
    with pytest.raises(NotImplementedError):
        await backend.connect_unix_socket("/var/run/docker.sock")
