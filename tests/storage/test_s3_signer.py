"""Signed links to S3, tried on a real server."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from minio.credentials.credentials import Credentials
from minio.credentials.providers import Provider

from storage.interface import ObjectStore
from storage.open_store import open_store
from storage.s3_client import Endpoint, S3Address, S3Credentials, provider_of
from storage.s3_signer import S3Signer
from tests.services.seaweed import REGION, SeaweedServer
from tests.storage.conftest import BUCKET
from tests.storage.content import read
from zerokerf.errors import InvalidObjectKey, StorageDenied

HOUR = timedelta(hours=1)
NOBODY = Endpoint("127.0.0.1:1", secure=False)

pytestmark = pytest.mark.parametrize("opened", ["s3"], indirect=True)


@pytest.fixture
def address(s3_url: str, seaweed: SeaweedServer) -> S3Address:
    """Inside nobody answers, so a signer that asks the server fails."""
    prefix = urlsplit(s3_url).path.removeprefix(f"/{BUCKET}/") + "/"
    return S3Address(BUCKET, prefix, REGION, NOBODY, Endpoint(seaweed.endpoint, secure=False))


@pytest.fixture
def provider(seaweed: SeaweedServer) -> Provider:
    return provider_of(S3Credentials(seaweed.access_key, seaweed.secret_key))


async def test_a_download_link_gives_the_object_its_name_and_type(
    store: ObjectStore, address: S3Address, provider: Provider
) -> None:
    await store.put("a/b.wav", b"0123456789", content_type="audio/wav")
    signer = S3Signer(address, provider)

    link = await signer.sign_get("a/b.wav", HOUR, filename='Größe "1".flac', content_type="audio/flac")
    async with httpx.AsyncClient() as client:
        answer = await client.get(link.url)
        part = await client.get(link.url, headers={"Range": "bytes=2-4"})
    await signer.aclose()

    assert (answer.status_code, answer.content) == (200, b"0123456789")
    assert answer.headers["content-type"] == "audio/flac"
    disposition = answer.headers["content-disposition"]
    assert (
        disposition
        == "attachment; filename=\"Gr__e__1_.flac\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22.flac"
    )
    assert (part.status_code, part.content) == (206, b"234")


async def test_an_upload_link_stores_one_object(
    store: ObjectStore, address: S3Address, provider: Provider
) -> None:
    signer = S3Signer(address, provider)

    link = await signer.sign_put("u/data.bin", HOUR, content_type="audio/wav", max_size=100)
    async with httpx.AsyncClient() as client:
        answer = await client.put(link.url, content=b"uploaded", headers=dict(link.headers))
        as_get = await client.get(link.url)
        elsewhere = await client.put(link.url.replace("data.bin", "other.bin"), content=b"x")
    await signer.aclose()

    assert (answer.status_code, as_get.status_code, elsewhere.status_code) == (200, 403, 403)
    assert await read(store, "u/data.bin") == b"uploaded"


async def test_an_altered_or_expired_link_opens_nothing(
    store: ObjectStore, address: S3Address, provider: Provider
) -> None:
    await store.put("a/b.wav", b"1", content_type="audio/wav")
    await store.put("a/c.wav", b"2", content_type="audio/wav")
    long_ago = datetime.now(UTC).replace(microsecond=0) - 2 * HOUR
    signer, past = S3Signer(address, provider), S3Signer(address, provider, now=lambda: long_ago)

    good = (await signer.sign_get("a/b.wav", HOUR, filename="x.wav")).url
    expired = await past.sign_get("a/b.wav", HOUR, filename="x.wav")
    urls = [
        expired.url,
        good.replace("a/b.wav", "a/c.wav"),
        good.replace("x.wav", "y.wav"),
        good.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200"),
        good[:-1] + ("0" if good[-1] != "0" else "1"),
    ]
    async with httpx.AsyncClient() as client:
        statuses = [(await client.get(url)).status_code for url in [good, *urls]]
    await signer.aclose()
    await past.aclose()

    assert statuses == [200, 403, 403, 403, 403, 403]
    assert expired.expires_at == long_ago + HOUR


async def test_links_carry_the_public_host(store: ObjectStore, s3_url: str, seaweed: SeaweedServer) -> None:
    url = f"{s3_url}&public=https://files.example:8443"
    credentials = S3Credentials(seaweed.access_key, seaweed.secret_key)
    async with open_store(url, credentials=credentials, signing_key=b"", public_url="") as opened:
        link = await opened.signer.sign_get("a/b.wav", HOUR, filename="x.wav")

    assert link.url.startswith(f"https://files.example:8443/{BUCKET}/")
    assert seaweed.endpoint not in link.url


async def test_hostile_keys_and_odd_lifetimes_are_refused(
    store: ObjectStore, address: S3Address, provider: Provider
) -> None:
    signer = S3Signer(address, provider)

    with pytest.raises(InvalidObjectKey):
        await signer.sign_get("../b", HOUR, filename="x")
    with pytest.raises(ValueError, match="seven days"):
        await signer.sign_get("a/b", timedelta(days=8), filename="x")
    await signer.aclose()


async def test_a_link_promises_no_more_than_its_credentials_live(
    store: ObjectStore, address: S3Address
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)

    class Lent(Provider):
        def retrieve(self) -> Credentials:
            return Credentials("a", "b", "token", now + timedelta(minutes=10))

    signer = S3Signer(address, Lent(), now=lambda: now)
    link = await signer.sign_get("a/b", HOUR, filename="x")
    await signer.aclose()

    assert link.expires_at == now + timedelta(minutes=10)
    assert "X-Amz-Expires=600&" in link.url


async def test_a_machine_without_credentials_is_denied(store: ObjectStore, address: S3Address) -> None:
    class Nothing(Provider):
        def retrieve(self) -> Credentials:
            raise ValueError("All providers fail to fetch credentials")

    signer = S3Signer(address, Nothing())
    with pytest.raises(StorageDenied):
        await signer.sign_get("a/b", HOUR, filename="x")
    await signer.aclose()
