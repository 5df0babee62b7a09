"""Posting to hostile servers: an answer, or a sentence why there is none, and never where it must not go."""

import asyncio
from ipaddress import ip_address

import pytest

from server.fetch.guard import AddressPolicy, IPAddress
from server.fetch.post import Answered, Post, Unanswered
from server.fetch.post_url import webhook_url
from server.fetch.tls import PublicTls
from tests.fetch.site import LOOPBACK, forever
from tests.webhooks.receiver import Received, answers, loopback_post, receiving, says
from zerokerf.errors import InvalidUrl

HEADERS = {"Content-Type": "application/json", "User-Agent": "AudioSpliter-Webhook/1.0"}


async def test_body_and_headers_arrive_and_the_answer_comes_back() -> None:
    async with receiving(answers(202)) as receiver:
        answer = await loopback_post().send(receiver.url, HEADERS, '{"é":1}'.encode())

    (got,) = receiver.received
    assert answer == Answered(202, b"thanks")
    assert got.target == "/hook?x=1"
    assert got.body == '{"é":1}'.encode()
    assert got.headers["user-agent"] == "AudioSpliter-Webhook/1.0"
    assert got.headers["content-type"] == "application/json"


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async with receiving(answers(200)) as inward:
        moved = f"HTTP/1.1 307 X\r\nLocation: {inward.url}\r\nContent-Length: 0\r\n\r\n".encode()
        async with receiving(says(moved)) as receiver:
            answer = await loopback_post().send(receiver.url, HEADERS, b"{}")

    assert answer == Answered(307, b"")
    assert inward.received == []


async def test_of_ten_megabytes_little_is_read() -> None:
    sent = 0

    async def pours(_: Received, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 500 X\r\nContent-Length: 10000000\r\n\r\n")
        while sent < 10_000_000:
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000

    async with receiving(pours) as receiver:
        answer = await loopback_post().send(receiver.url, HEADERS, b"{}")

    assert answer == Answered(500, b"x" * 1024)
    assert sent < 10_000_000


async def test_a_slow_answer_is_none() -> None:
    async def dawdles(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200")
        await forever()

    async with receiving(dawdles) as receiver:
        answer = await loopback_post(limit_s=0.2).send(receiver.url, HEADERS, b"{}")

    assert isinstance(answer, Unanswered)
    assert "0.2 s" in answer.why


async def test_a_head_in_time_counts_whatever_becomes_of_its_body() -> None:
    async def stalls(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nabc")
        await forever()

    async with receiving(stalls) as receiver:
        answer = await loopback_post(limit_s=0.5, body_limit_s=0.8).send(receiver.url, HEADERS, b"{}")

    assert answer == Answered(200, b"abc")


async def test_a_connection_that_is_reset_is_told() -> None:
    async def resets(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with receiving(resets) as receiver:
        answer = await loopback_post().send(receiver.url, HEADERS, b"{}")

    assert isinstance(answer, Unanswered)
    assert answer.why == "The connection broke before the end."


async def test_nobody_at_home_is_told() -> None:
    async with receiving(answers(200)) as receiver:
        url = receiver.url

    assert await loopback_post().send(url, HEADERS, b"{}") == Unanswered("The server could not be reached.")


async def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    asked = 0

    async def rebinding(host: str, port: int, limit_s: float) -> list[IPAddress]:
        nonlocal asked
        asked += 1
        return [ip_address("10.0.0.1" if asked > 1 else "8.8.8.8"), ip_address("127.0.0.1")]

    post = Post(AddressPolicy(), PublicTls(), 2, 1, rebinding)
    async with receiving(answers(200)) as receiver:
        answer = await post.send(f"https://rebinding.example:{receiver.port}/", HEADERS, b"{}")

    assert isinstance(answer, Unanswered)
    assert "private or reserved" in answer.why
    assert asked == 1
    assert receiver.received == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "http://localhost:8080/hook",
        "https://10.0.0.1/hook",
        "https://[::1]/hook",
        "https://169.254.169.254/latest",
        "https://me:secret@example.com/hook",
        "https://me@example.com/hook",
        "https://example.com:22/hook",
        "https://example.com:25/hook",
        "https://example.com:1023/hook",
        "http://127.0.0.1:22/hook",
        "ftp://example.com/hook",
        "https://exa mple.com/\r\nX-Injected: 1",
        "https://0x7f000001/hook",
        "nonsense",
        "",
    ],
)
async def test_where_webhooks_may_not_go(url: str) -> None:
    with pytest.raises(InvalidUrl) as refused:
        webhook_url(url, LOOPBACK, "webhook_url")

    assert refused.value.violations.keys() == {"webhook_url"}
    assert isinstance(await loopback_post().send(url, HEADERS, b"{}"), Unanswered)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook?a=b",
        "https://example.com:443/",
        "https://example.com:80/",
        "https://example.com:8443/",
        "https://hooks.example.com.:65535/ä",
        "http://127.0.0.1:8080/hook",
    ],
)
def test_where_webhooks_may_go(url: str) -> None:
    assert webhook_url(url, LOOPBACK) == url
