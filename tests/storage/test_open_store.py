"""How a URL becomes a store, and what is said about one that cannot."""

from pathlib import Path

import pytest

from storage.address import FolderAddress, parse_address
from storage.local import LocalStore
from storage.memory import MemoryStore
from storage.open_store import open_store
from storage.s3_client import Endpoint, S3Address, S3Credentials
from zerokerf.errors import ConfigError

KEY = b"k" * 32


def test_urls_are_read_as_documented() -> None:
    aws = Endpoint("s3.eu-central-1.amazonaws.com", secure=True)
    inside, public = Endpoint("minio:9000", secure=False), Endpoint("files.example", secure=True)

    assert parse_address("file:///srv/audio%20files") == FolderAddress(Path("/srv/audio files"))
    assert parse_address("s3://my-bucket?region=eu-central-1") == S3Address(
        "my-bucket", "", "eu-central-1", aws, aws
    )
    assert parse_address(
        "s3+http://minio:9000/my-bucket/a/b/?region=us-east-1&public=https://files.example"
    ) == S3Address("my-bucket", "a/b/", "us-east-1", inside, public)
    assert parse_address("s3+https://[::1]:9000/my-bucket?region=x") == S3Address(
        "my-bucket", "", "x", Endpoint("[::1]:9000", secure=True), Endpoint("[::1]:9000", secure=True)
    )


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "begin with"),
        ("/srv/audio", "begin with"),
        ("gs://bucket", "begin with"),
        ("file://srv/audio", "file:///absolute/path"),
        ("file:audio", "file:///absolute/path"),
        ("file:///srv/../etc", "file:///absolute/path"),
        ("file:///srv?x=1", "file:///absolute/path"),
        ("memory://x", "nothing after"),
        ("s3://my-bucket", "region"),
        ("s3://my-bucket?region=", "region"),
        ("s3://my-bucket?region=eu/../x", "region"),
        ("s3://ab?region=eu", "bucket"),
        ("s3://?region=eu", "bucket"),
        ("s3+http://minio:9000/?region=eu", "bucket"),
        ("s3+http:///my-bucket?region=eu", "server is missing"),
        ("s3+http://minio:port/my-bucket?region=eu", "not a URL"),
        ("s3://my-bucket/a//b?region=eu", "prefix"),
        ("s3://my-bucket/../b?region=eu", "prefix"),
        ("s3://my-bucket?region=eu&secure=no", "options"),
        ("s3://my-bucket?region=eu&region=us", "options"),
        ("s3://my-bucket?region=eu#x", "#"),
        ("s3+http://m/my-bucket?region=eu&public=files.example", "public"),
        ("s3+http://m/my-bucket?region=eu&public=https://files.example/path", "public"),
        ("s3+http://m/my-bucket?region=eu&public=ftp://files.example", "public"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_a_reason(url: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        parse_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "s3+http://key:hunter2@minio:9000/my-bucket?region=eu",
        "s3+http://m/my-bucket?region=eu&public=https://key:hunter2@files.example",
        "s3://key:hunter2@my-bucket?region=eu",
    ],
)
def test_credentials_in_a_url_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="credentials") as refusal:
        parse_address(url)

    assert "hunter2" not in str(refusal.value)


def test_credentials_do_not_show_in_logs() -> None:
    assert "hunter2" not in repr(S3Credentials("key", "hunter2", "hunter2"))


async def test_a_folder_is_made_and_told_to_the_server_of_files(tmp_path: Path) -> None:
    root = tmp_path / "new" / "objects"

    async with open_store(
        f"file://{root}", credentials=None, signing_key=KEY, public_url="http://x"
    ) as opened:
        await opened.store.check()

        assert isinstance(opened.store, LocalStore)
        assert opened.local_root == root
        assert root.is_dir()


async def test_a_folder_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(ConfigError, match="cannot be used"):
        async with open_store(
            f"file://{tmp_path}/file/objects", credentials=None, signing_key=KEY, public_url="http://x"
        ):
            pass


async def test_a_short_signing_key_stops_the_start() -> None:
    with pytest.raises(ConfigError, match="32 bytes"):
        async with open_store("memory://", credentials=None, signing_key=b"short", public_url="http://x"):
            pass


async def test_memory_needs_nothing() -> None:
    async with open_store("memory://", credentials=None, signing_key=KEY, public_url="http://x") as opened:
        assert isinstance(opened.store, MemoryStore)
        assert opened.local_root is None
