"""Downloads by signed links: parts, versions and names of local files."""

from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from gateway.config import GatewayConfig
from storage.signed_links import Link, LocalSigner, sign
from tests.gateway.conftest import SIGNING_KEY, Setup
from tests.gateway.jobs import at
from tests.gateway.links import BYTES, HOUR, path_of, until
from tests.gateway.serving import client_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEY = "t/a/j/job_1/out/1-0.mp3"


@pytest_asyncio.fixture(loop_scope="session")
async def download(setup: Setup, signer: LocalSigner) -> str:
    await setup.store.put(KEY, BYTES, content_type="audio/mpeg")
    link = await signer.sign_get(KEY, HOUR, filename="Größe 0.mp3", content_type="audio/mpeg")
    return path_of(link)


async def test_a_link_downloads_the_file(stranger: httpx.AsyncClient, download: str) -> None:
    answer = await stranger.get(download)

    assert answer.status_code == 200
    assert answer.content == BYTES
    headers = answer.headers
    assert headers["content-type"] == "audio/mpeg"
    assert headers["content-length"] == str(len(BYTES))
    assert headers["content-disposition"] == (
        "attachment; filename=\"Gr__e 0.mp3\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%200.mp3".replace("e 0", "e_0")
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "private"
    assert headers["accept-ranges"] == "bytes"


async def test_head_tells_all_but_the_bytes(stranger: httpx.AsyncClient, download: str) -> None:
    got, head = await stranger.get(download), await stranger.head(download)

    assert (head.status_code, head.content) == (200, b"")
    same = ["content-type", "content-length", "content-disposition", "etag", "last-modified"]
    assert [head.headers[name] for name in same] == [got.headers[name] for name in same]


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-299", 100, 299),
        ("bytes=100-", 100, len(BYTES) - 1),
        ("bytes=-5", len(BYTES) - 5, len(BYTES) - 1),
        ("bytes=-99999999", 0, len(BYTES) - 1),
        ("bytes=2097151-9999999999", len(BYTES) - 1, len(BYTES) - 1),
        ("Bytes= 1048575 - 1048577", 1048575, 1048577),
    ],
)
async def test_a_range_is_that_part(
    stranger: httpx.AsyncClient, download: str, wanted: str, first: int, last: int
) -> None:
    answer = await stranger.get(download, headers={"Range": wanted})

    assert answer.status_code == 206
    assert answer.content == BYTES[first : last + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(BYTES)}"
    assert answer.headers["content-length"] == str(last - first + 1)


@pytest.mark.parametrize("wanted", ["bytes=2097152-", "bytes=9999999-", "bytes=-0"])
async def test_a_range_behind_the_end_cannot_be_had(
    stranger: httpx.AsyncClient, download: str, wanted: str
) -> None:
    answer = await stranger.get(download, headers={"Range": wanted})

    assert answer.status_code == answer.json()["error"]["status"] == 416
    assert answer.headers["content-range"] == f"bytes */{len(BYTES)}"


@pytest.mark.parametrize(
    "wanted", ["bytes=5-2", "bytes=a-b", "bytes=-", "items=0-1", "bytes=0-1,5-6", "bytes=1-" + "9" * 30, ""]
)
async def test_a_range_that_makes_no_sense_is_ignored(
    stranger: httpx.AsyncClient, download: str, wanted: str
) -> None:
    answer = await stranger.get(download, headers={"Range": wanted})

    assert (answer.status_code, len(answer.content)) == (200, len(BYTES))


async def test_a_part_of_another_version_is_the_whole_file(
    stranger: httpx.AsyncClient, download: str
) -> None:
    known = (await stranger.head(download)).headers

    async def status_if(condition: str) -> int:
        headers = {"Range": "bytes=0-9", "If-Range": condition}
        return (await stranger.get(download, headers=headers)).status_code

    assert await status_if(known["etag"]) == 206
    assert await status_if(known["last-modified"]) == 206
    assert await status_if('"another"') == 200
    assert await status_if("W/" + known["etag"]) == 200
    assert await status_if("Thu, 01 Jan 1970 00:00:00 GMT") == 200


async def test_a_known_version_is_not_sent_again(stranger: httpx.AsyncClient, download: str) -> None:
    etag = (await stranger.head(download)).headers["etag"]

    answer = await stranger.get(download, headers={"If-None-Match": f'"other", W/{etag}'})

    assert (answer.status_code, answer.content) == (304, b"")
    assert (await stranger.get(download, headers={"If-None-Match": '"other"'})).status_code == 200


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("&s=", "&s=A"),
        ("1-0.mp3", "1-1.mp3"),
        ("m=GET", "m=PUT"),
        ("e=1", "e=9"),
        ("&t=audio%2Fmpeg", ""),
        ("&t=", "&z=1&t="),
        ("?", "?x=5&"),
        ("n=Gr", "n=Xr"),
    ],
)
async def test_an_altered_link_is_refused(
    stranger: httpx.AsyncClient, download: str, old: str, new: str
) -> None:
    assert old in download

    answer = await stranger.get(download.replace(old, new, 1))

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "LINK_INVALID")


@pytest.mark.parametrize(
    "path", [f"/files/{KEY}", "/files/", "/files/../../etc/passwd", "/files/%2e%2e/x?s=1"]
)
async def test_a_path_without_a_signature_is_refused(stranger: httpx.AsyncClient, path: str) -> None:
    assert (await stranger.get(path)).status_code in {403, 404}


async def test_a_download_link_takes_no_upload(stranger: httpx.AsyncClient, download: str) -> None:
    assert (await stranger.put(download, content=b"x")).status_code == 403
    assert (await stranger.get(download)).content == BYTES


@pytest.mark.parametrize(("method", "code"), [("GET", "DOWNLOAD_EXPIRED"), ("PUT", "UPLOAD_LINK_EXPIRED")])
async def test_an_old_link_has_expired(stranger: httpx.AsyncClient, method: str, code: str) -> None:
    link = Link(method, KEY, at("2026-03-29T10:00:00+00:00").ToDatetime().astimezone())

    answer = await stranger.request(method, f"/files/{KEY}?{sign(SIGNING_KEY, link)}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (410, code)


async def test_the_file_of_a_deleted_job_is_gone(
    stranger: httpx.AsyncClient, download: str, setup: Setup
) -> None:
    await setup.store.delete(KEY)

    answer = await stranger.get(download)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert KEY not in answer.text


async def test_an_empty_file_is_downloaded_as_such(
    stranger: httpx.AsyncClient, setup: Setup, signer: LocalSigner
) -> None:
    await setup.store.put(KEY, b"", content_type="audio/mpeg")
    link = path_of(await signer.sign_get(KEY, HOUR, filename="a.mp3"))

    whole, part = await stranger.get(link), await stranger.get(link, headers={"Range": "bytes=0-"})

    assert (whole.status_code, whole.content) == (200, b"")
    assert part.status_code == 416


async def test_a_download_that_breaks_off_is_closed(setup: Setup, signer: LocalSigner) -> None:
    await setup.store.put(KEY, bytes(32 << 20), content_type="audio/mpeg")
    link = path_of(await signer.sign_get(KEY, HOUR, filename="a.mp3"))

    async with httpx.AsyncClient(base_url=setup.base_url) as client, client.stream("GET", link) as answer:
        await anext(answer.aiter_raw(1000))

    await until(lambda: not any(KEY in name for name in open_files()))


def open_files() -> list[str]:
    return [str(fd.readlink()) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]


async def test_a_gateway_without_a_folder_serves_no_files(lonely: GatewayConfig, download: str) -> None:
    async with client_of(lonely) as client:
        assert (await client.get(download)).status_code == 404
