"""A name that leads elsewhere the next time it is asked for is checked the next time too."""

from ipaddress import ip_address

import pytest

from server.fetch.connect import Resolve
from server.fetch.exchange import Exchange
from server.fetch.guard import IPAddress, check_url
from server.fetch.hop import Hop
from server.fetch.tls import PublicTls
from tests.fetch.site import LIMITS, LOOPBACK, always, content, head, in_turn, serving
from zerokerf.errors import DownloadFailed

INWARD = [
    "10.0.0.1",
    "169.254.169.254",
    "::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "100.64.0.1",
    "0.0.0.0",
]


def leads_to(*addresses: str) -> Resolve:
    """One address after the other."""
    turn = iter(addresses)

    async def resolve(host: str, port: int, limit_s: float) -> list[IPAddress]:
        return [ip_address(next(turn))]

    return resolve


def exchange(*addresses: str) -> Exchange:
    return Exchange(Hop(LOOPBACK, PublicTls(), resolve=leads_to(*addresses)), LIMITS)


async def status_of(exchange: Exchange, url: str) -> int:
    async with exchange.get(check_url(url), {}) as answer:
        return answer.status


@pytest.mark.parametrize("inward", INWARD)
async def test_a_name_that_turns_inward_behind_a_redirect_is_refused(inward: str) -> None:
    async with serving(in_turn(always(head(302, Location="/b.wav")), content(b"secret"))) as site:
        url = site.url(host="rebinding.example")

        with pytest.raises(DownloadFailed, match="private or reserved"):
            await status_of(exchange("127.0.0.1", inward), url)

    assert [request.target for request in site.requests] == ["/a.wav"]


@pytest.mark.parametrize("inward", INWARD)
async def test_a_name_that_turns_inward_between_two_tries_is_refused(inward: str) -> None:
    async with serving(content(b"audio")) as site:
        url, rebinding = site.url(host="rebinding.example"), exchange("127.0.0.1", inward)

        assert await status_of(rebinding, url) == 200
        with pytest.raises(DownloadFailed, match="private or reserved"):
            await status_of(rebinding, url)

    assert len(site.requests) == 1
