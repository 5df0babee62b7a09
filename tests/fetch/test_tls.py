"""Certificates are verified for the name in the URL although the connection goes to an address."""

import asyncio
import ssl
from pathlib import Path

import pytest

from server.fetch.download import Downloaded, download
from server.fetch.hop import TlsContext
from tests.fetch.site import LIMITS, LOOPBACK, always, content, fetch, head, serving
from tests.services.certificates import make_certificate
from zerokerf.errors import DownloadFailed


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


async def _fetch(url: str, dest: Path, certificate: Path) -> Downloaded:
    trusting: TlsContext = lambda: ssl.create_default_context(cafile=certificate)  # noqa: E731  one use
    return await download(
        url, dest, policy=LOOPBACK, limits=LIMITS, on_progress=lambda *_: None, tls=trusting
    )


async def test_the_right_name_with_a_trusted_certificate_is_fetched(
    tmp_path: Path, certificate: Path, server_tls: ssl.SSLContext
) -> None:
    names: list[str | None] = []
    server_tls.sni_callback = lambda _socket, name, _context: names.append(name)
    body = b"x" * 3_000_000

    async with serving(content(body), tls=server_tls) as site:
        found = await _fetch(site.url(host="localhost", scheme="https"), tmp_path / "source", certificate)

    assert found.path.read_bytes() == body
    assert names == ["localhost"]


async def test_a_certificate_for_another_name_is_refused(
    tmp_path: Path, certificate: Path, server_tls: ssl.SSLContext
) -> None:
    async with serving(content(b"x"), tls=server_tls) as site:
        with pytest.raises(DownloadFailed, match="certificate is not valid"):
            await _fetch(site.url(host="127.0.0.1", scheme="https"), tmp_path / "source", certificate)

    assert site.requests == []


async def test_a_certificate_of_nobody_is_refused(tmp_path: Path, server_tls: ssl.SSLContext) -> None:
    async with serving(content(b"x"), tls=server_tls) as site:
        with pytest.raises(DownloadFailed, match="certificate is not valid"):
            await fetch(site.url(host="localhost", scheme="https"), tmp_path / "source")

    assert site.requests == []


async def test_a_server_without_tls_is_refused(tmp_path: Path, certificate: Path) -> None:
    async def speaks_first(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speaks_first, "127.0.0.1", 0)
    async with server:
        url = f"https://localhost:{server.sockets[0].getsockname()[1]}/"
        with pytest.raises(DownloadFailed, match="no secure connection"):
            await _fetch(url, tmp_path / "source", certificate)


async def test_a_redirect_from_https_to_http_is_not_followed(
    tmp_path: Path, certificate: Path, server_tls: ssl.SSLContext
) -> None:
    async with serving(content(b"x")) as plain:
        script = always(head(302, Location=plain.url(), Content_Length=0))
        async with serving(script, tls=server_tls) as site:
            with pytest.raises(DownloadFailed, match="from https to http"):
                await _fetch(site.url(host="localhost", scheme="https"), tmp_path / "source", certificate)

    assert plain.requests == []
