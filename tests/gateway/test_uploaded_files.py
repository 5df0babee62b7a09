"""Uploads by signed links: whole or not at all."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from storage.signed_links import LocalSigner
from tests.gateway.conftest import Setup
from tests.gateway.links import BYTES, HOUR, path_of, until
from zerokerf.errors import ObjectNotFound

pytestmark = pytest.mark.asyncio(loop_scope="session")

UPLOAD = "t/a/u/upl_1/data.bin"
WAV = {"Content-Type": "audio/wav"}


@pytest_asyncio.fixture(loop_scope="session")
async def upload(setup: Setup, signer: LocalSigner) -> AsyncIterator[str]:
    link = await signer.sign_put(UPLOAD, HOUR, content_type="audio/wav", max_size=2 << 20)
    yield path_of(link)
    await setup.store.delete(UPLOAD)


async def test_a_put_stores_the_file(stranger: httpx.AsyncClient, setup: Setup, upload: str) -> None:
    answer = await stranger.put(upload, content=BYTES, headers=WAV)

    assert (answer.status_code, answer.content) == (200, b"")
    assert (await setup.store.head(UPLOAD)).size == len(BYTES)


async def chunked(size_bytes: int) -> AsyncIterator[bytes]:
    for _ in range(0, size_bytes, 65536):
        yield bytes(65536)


async def test_a_put_in_chunks_may_be_as_large_as_the_limit(
    stranger: httpx.AsyncClient, setup: Setup, upload: str
) -> None:
    assert (await stranger.put(upload, content=chunked(2 << 20), headers=WAV)).status_code == 200
    assert (await setup.store.head(UPLOAD)).size == 2 << 20


@pytest.mark.parametrize("declared", [True, False], ids=["with a length", "in chunks"])
async def test_a_file_over_the_limit_leaves_nothing(
    stranger: httpx.AsyncClient, setup: Setup, upload: str, declared: bool
) -> None:
    content = bytes((2 << 20) + 65536) if declared else chunked((2 << 20) + 65536)

    answer = await stranger.put(upload, content=content, headers=WAV)

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "FILE_TOO_LARGE")
    await nothing_is_left(setup)


async def test_a_client_that_sends_all_before_it_reads_sees_the_answer(setup: Setup, upload: str) -> None:
    reader, writer = await begin_put(setup, upload, 3 << 20)
    with pytest.raises(TimeoutError):  # answered and closed now, the connection would be reset by the rest
        await asyncio.wait_for(reader.read(1), 0.2)

    writer.write(bytes((3 << 20) - 100_000))
    await writer.drain()

    assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 413")
    writer.close()


async def test_the_gateways_own_limit_holds_for_every_link(
    stranger: httpx.AsyncClient, setup: Setup, signer: LocalSigner
) -> None:
    link = path_of(await signer.sign_put(UPLOAD, HOUR, content_type="audio/wav", max_size=1 << 40))

    answer = await stranger.put(link, content=chunked(4 << 20), headers=WAV)

    assert answer.status_code == 413
    await nothing_is_left(setup)


async def test_another_content_type_than_signed_is_refused(
    stranger: httpx.AsyncClient, setup: Setup, upload: str
) -> None:
    answer = await stranger.put(upload, content=b"x", headers={"Content-Type": "text/html"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_PARAMS")
    await nothing_is_left(setup)


async def begin_put(
    setup: Setup, upload: str, length: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    url = httpx.URL(setup.base_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"PUT {upload} HTTP/1.1\r\nHost: a\r\nContent-Type: audio/wav\r\nContent-Length: {length}\r\n\r\n"
    writer.write(head.encode() + bytes(100_000))
    await writer.drain()
    return reader, writer


def drafts(setup: Setup) -> list[str]:
    return [entry.name for entry in (setup.folder / ".tmp").iterdir()]


async def until_there_are(setup: Setup, count: int) -> None:
    await until(lambda: len(drafts(setup)) == count)


async def nothing_is_left(setup: Setup) -> None:
    await until_there_are(setup, 0)
    with pytest.raises(ObjectNotFound):
        await setup.store.head(UPLOAD)


async def test_an_upload_that_breaks_off_leaves_nothing(setup: Setup, upload: str) -> None:
    _, writer = await begin_put(setup, upload, 1_000_000)
    await until_there_are(setup, 1)

    writer.close()
    await writer.wait_closed()

    await nothing_is_left(setup)


async def test_an_upload_that_falls_silent_is_given_up(setup: Setup, upload: str) -> None:
    reader, writer = await begin_put(setup, upload, 1_000_000)

    status_line = await asyncio.wait_for(reader.readline(), 5)

    assert status_line.startswith(b"HTTP/1.1 400")
    await nothing_is_left(setup)
    writer.close()
    await writer.wait_closed()


async def test_a_broken_upload_keeps_the_file_that_was_there(
    stranger: httpx.AsyncClient, setup: Setup, upload: str
) -> None:
    await stranger.put(upload, content=b"old", headers=WAV)
    _, writer = await begin_put(setup, upload, 1_000_000)
    await until_there_are(setup, 1)

    writer.close()
    await writer.wait_closed()
    await until_there_are(setup, 0)

    assert (await setup.store.head(UPLOAD)).size == 3
