"""A download that goes well, and answers that end it at once."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from server.fetch.download import download
from server.fetch.guard import AddressPolicy
from tests.fetch.site import (
    LIMITS,
    LOOPBACK,
    Request,
    always,
    content,
    fetch,
    forever,
    head,
    left_in,
    serving,
)
from zerokerf.errors import DownloadFailed, FileTooLarge, InvalidUrl

BODY = bytes(range(256)) * 20_000  # 5 MB, more than one batch of writing


async def test_the_whole_body_arrives_with_its_hash_and_name(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    async with serving(content(BODY)) as site:
        found = await download(
            site.url("/x/my%20talk.wav?sig=1"),
            tmp_path / "source",
            policy=LOOPBACK,
            limits=LIMITS,
            on_progress=lambda got, total: seen.append((got, total)),
        )

    assert found.path.read_bytes() == BODY
    assert found.sha256 == hashlib.sha256(BODY).hexdigest()
    assert (found.size_bytes, found.file_name) == (len(BODY), "my talk.wav")
    assert left_in(tmp_path) == [tmp_path / "source"]
    assert seen[-1] == (len(BODY), len(BODY))
    assert seen == sorted(seen)


async def test_the_request_asks_for_plain_bytes_of_the_right_host(tmp_path: Path) -> None:
    async with serving(content(b"x")) as site:
        await fetch(site.url("/a b?c=d#e"), tmp_path / "source")

    request = site.requests[0]
    assert request.target == "/a%20b?c=d"
    assert request.headers["host"] == f"127.0.0.1:{site.port}"
    assert request.headers["accept-encoding"] == "identity"
    assert "authorization" not in request.headers


async def test_a_name_that_resolves_is_fetched_by_its_opened_address(tmp_path: Path) -> None:
    async with serving(content(b"x")) as site:
        await fetch(site.url(host="localhost"), tmp_path / "source")

    assert site.requests[0].headers["host"] == f"localhost:{site.port}"


async def test_credentials_in_the_url_are_sent_as_basic_auth(tmp_path: Path) -> None:
    async with serving(content(b"x")) as site:
        await fetch(site.url(host="me:p%40ss@127.0.0.1"), tmp_path / "source")

    assert site.requests[0].headers["authorization"] == "Basic bWU6cEBzcw=="
    assert "@" not in site.requests[0].headers["host"]


@pytest.mark.parametrize(
    "answer",
    [
        head(Transfer_Encoding="chunked") + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
        head() + b"abcde",
        b"HTTP/1.0 200 OK\n\nabcde",
        b"HTTP/1.1 100 Continue\r\n\r\n" + head(Content_Length=5) + b"abcde",
        head(Content_Length=5) + b"abcde, and more than was announced",
        head(Content_Length=5, Content_Encoding="identity") + b"abcde",
        head(Content_Length=5, Content_Encoding="aws-chunked") + b"abcde",
    ],
    ids=["chunked", "until close", "http 1.0", "after 100", "long", "identity", "not a compression"],
)
async def test_every_honest_framing_is_understood(tmp_path: Path, answer: bytes) -> None:
    async with serving(always(answer)) as site:
        found = await fetch(site.url(), tmp_path / "source")

    assert found.path.read_bytes() == b"abcde"


async def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    async with serving(content(b"")) as site:
        found = await fetch(site.url(), tmp_path / "source")

    assert (found.size_bytes, found.path.read_bytes()) == (0, b"")


async def test_the_header_names_the_file(tmp_path: Path) -> None:
    async with serving(content(b"x", Content_Disposition='attachment; filename="../talk.mp3"')) as site:
        found = await fetch(site.url(), tmp_path / "source")

    assert found.file_name == "talk.mp3"


@pytest.mark.parametrize("status", [204, 206, 300, 304, 400, 401, 403, 404, 410, 416, 451, 501, 999])
async def test_a_final_status_fails_at_once_and_is_told(tmp_path: Path, status: int) -> None:
    async with serving(always(head(status, Content_Length=0))) as site:
        with pytest.raises(DownloadFailed, match=str(status)):
            await fetch(site.url(), tmp_path / "source")

    assert len(site.requests) == 1
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
async def test_a_private_address_is_never_connected_to(tmp_path: Path, host: str) -> None:
    async with serving(content(b"secret")) as site:
        with pytest.raises(DownloadFailed, match="private or reserved"):
            await fetch(site.url(host=host), tmp_path / "source", policy=AddressPolicy())

    assert site.requests == []
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("host", ["[::ffff:127.0.0.1]", "[::1]"])
async def test_opening_ipv4_loopback_opens_no_other_form_of_it(tmp_path: Path, host: str) -> None:
    async with serving(content(b"secret")) as site:
        with pytest.raises(DownloadFailed, match="private or reserved"):
            await fetch(site.url(host=host), tmp_path / "source")

    assert site.requests == []


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "0x7f.1", "127.1"])
async def test_a_disguised_address_is_not_even_resolved(tmp_path: Path, host: str) -> None:
    async with serving(content(b"secret")) as site:
        with pytest.raises(InvalidUrl):
            await fetch(site.url(host=host), tmp_path / "source")

    assert site.requests == []


async def test_a_host_that_does_not_exist_fails_without_retries(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="host name"):
        await fetch("http://nowhere.invalid/a.wav", tmp_path / "source")


@pytest.mark.parametrize(
    "answer",
    [
        head(Content_Length=9_000_000) + b"x",
        head(Transfer_Encoding="chunked") + b"A00000\r\n" + b"x" * 0xA00000,
    ],
    ids=["announced", "while streaming"],
)
async def test_too_large_a_file_is_refused(tmp_path: Path, answer: bytes) -> None:
    async with serving(always(answer)) as site:
        with pytest.raises(FileTooLarge) as refused:
            await fetch(site.url(), tmp_path / "source")

    assert refused.value.facts["limitBytes"] == str(LIMITS.max_bytes)
    assert len(site.requests) == 1
    assert left_in(tmp_path) == []


async def test_a_file_of_exactly_the_limit_passes(tmp_path: Path) -> None:
    async with serving(content(b"x" * 1000)) as site:
        limits = replace(LIMITS, max_bytes=1000)

        assert (await fetch(site.url(), tmp_path / "source", limits=limits)).size_bytes == 1000


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, GZIP", "x-gzip"])
async def test_a_compressed_body_is_refused(tmp_path: Path, encoding: str) -> None:
    async with serving(content(b"\x1f\x8b", Content_Encoding=encoding)) as site:
        with pytest.raises(DownloadFailed, match="compressed"):
            await fetch(site.url(), tmp_path / "source")

    assert len(site.requests) == 1


async def test_a_cancelled_download_leaves_nothing(tmp_path: Path) -> None:
    arrived = asyncio.Event()

    async def endless(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(Content_Length=8_000_000) + b"x" * 6_000_000)
        await forever()

    def notice(received_bytes: int, _: int | None) -> None:
        if received_bytes > 0:
            arrived.set()

    async with serving(endless) as site:
        task = asyncio.create_task(
            download(site.url(), tmp_path / "source", policy=LOOPBACK, limits=LIMITS, on_progress=notice)
        )
        await arrived.wait()
        assert len(left_in(tmp_path)) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert left_in(tmp_path) == []


async def test_a_failing_listener_leaves_nothing(tmp_path: Path) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("listener")

    async with serving(content(BODY)) as site:
        with pytest.raises(RuntimeError, match="listener"):
            await download(site.url(), tmp_path / "source", policy=LOOPBACK, limits=LIMITS, on_progress=fails)

    assert left_in(tmp_path) == []


async def test_a_missing_folder_is_the_callers_mistake_not_the_sources(tmp_path: Path) -> None:
    async with serving(content(b"x")) as site:
        with pytest.raises(FileNotFoundError):
            await fetch(site.url(), tmp_path / "missing" / "source")


async def test_two_downloads_to_one_place_do_not_mix(tmp_path: Path) -> None:
    async with serving(content(b"a" * 3_000_000)) as one, serving(content(b"b" * 3_000_000)) as two:
        found = await asyncio.gather(*(fetch(site.url(), tmp_path / "source") for site in (one, two)))

    assert set((tmp_path / "source").read_bytes()) in [{ord("a")}, {ord("b")}]
    assert {one.sha256 for one in found} == _hashes(b"a" * 3_000_000, b"b" * 3_000_000)
    assert left_in(tmp_path) == [tmp_path / "source"]


def _hashes(*bodies: bytes) -> set[str]:
    digest: Callable[[bytes], str] = lambda body: hashlib.sha256(body).hexdigest()  # noqa: E731  one use
    return set(map(digest, bodies))
