"""What the S3 store does to its bucket."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from minio import Minio

from storage.open_store import OpenedStore, open_store
from storage.s3_client import S3Credentials
from storage.s3_multipart import MultipartUpload
from tests.services.seaweed import REGION, SeaweedServer
from tests.storage.content import keys, read

BIN = "application/octet-stream"


@pytest.fixture
def client(seaweed: SeaweedServer) -> Minio:
    return Minio(seaweed.endpoint, seaweed.access_key, seaweed.secret_key, secure=False, region=REGION)


@pytest.fixture
def bucket() -> str:
    return f"test-{uuid.uuid4().hex[:10]}"


@pytest.fixture
async def opened(seaweed: SeaweedServer, bucket: str) -> AsyncIterator[OpenedStore]:
    url = f"s3+http://{seaweed.endpoint}/{bucket}/deep/prefix?region={REGION}"
    credentials = S3Credentials(seaweed.access_key, seaweed.secret_key)
    async with open_store(url, credentials=credentials, signing_key=b"", public_url="") as opened:
        yield opened


async def test_a_missing_bucket_is_made_by_the_check_and_not_before(
    opened: OpenedStore, client: Minio, bucket: str
) -> None:
    assert not client.bucket_exists(bucket)
    await opened.store.check()
    assert client.bucket_exists(bucket)

    await opened.store.check()
    await opened.store.put("a.bin", b"x", content_type=BIN)

    assert await read(opened.store, "a.bin") == b"x"


async def test_objects_lie_below_the_prefix_and_strangers_are_not_listed(
    opened: OpenedStore, client: Minio, bucket: str
) -> None:
    await opened.store.check()
    await opened.store.put("a/b.bin", b"x", content_type=BIN)
    client._put_object(bucket, "other/c.bin", b"y")
    client._put_object(bucket, "deep/prefix/a/not ours.bin", b"y")

    names = {item.object_name for item in client.list_objects(bucket, recursive=True)}
    assert names == {"deep/prefix/a/b.bin", "deep/prefix/a/not ours.bin", "other/c.bin"}
    assert await keys(opened.store) == ["a/b.bin"]
    assert await opened.store.delete_prefix("a/") == 2
    assert [item.object_name for item in client.list_objects(bucket, recursive=True)] == ["other/c.bin"]


async def test_only_old_uploads_below_the_prefix_are_swept(
    opened: OpenedStore, client: Minio, bucket: str
) -> None:
    await opened.store.check()
    for name in ("deep/prefix/a.bin", "deep/prefix/a.bin", "deep/prefix/b.bin", "elsewhere/c.bin"):
        MultipartUpload(client, bucket, name).begin(BIN)
    now = datetime.now(UTC)

    assert await opened.sweeper.sweep_unfinished(now - timedelta(hours=24)) == 0
    assert await opened.sweeper.sweep_unfinished(now + timedelta(hours=1)) == 3
    assert await opened.sweeper.sweep_unfinished(now + timedelta(hours=1)) == 0
    assert [upload.object_name for upload in client._list_multipart_uploads(bucket).uploads] == [
        "elsewhere/c.bin"
    ]


async def test_the_type_of_an_object_is_kept(opened: OpenedStore, client: Minio, bucket: str) -> None:
    await opened.store.check()
    await opened.store.put("a.flac", b"x", content_type="audio/flac")
    await opened.store.put("b.flac", b"x" * (17 << 20), content_type="audio/flac")

    for name in ("a.flac", "b.flac"):
        assert client.stat_object(bucket, f"deep/prefix/{name}").content_type == "audio/flac"
