"""The stores under test: every backend opened the way the service opens it."""

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.interface import ObjectStore
from storage.open_store import OpenedStore, open_store
from storage.s3_client import S3Credentials
from tests.services.moto import running_moto
from tests.services.seaweed import REGION, SeaweedServer, running_seaweed

BUCKET = "test-objects"


@pytest.fixture(scope="session")
def seaweed() -> Iterator[SeaweedServer]:
    with running_seaweed() as server:
        yield server


@pytest.fixture
def s3_url(seaweed: SeaweedServer) -> str:
    """A place of its own in a bucket that all tests share, because making one takes time."""
    return f"s3+http://{seaweed.endpoint}/{BUCKET}/{uuid.uuid4().hex}?region={REGION}"


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    with running_moto() as endpoint:
        yield endpoint


@pytest.fixture
def other_s3_url(moto: str) -> str:
    return f"s3+http://{moto}/{BUCKET}/{uuid.uuid4().hex}?region={REGION}"


@pytest.fixture(params=["memory", "folder", "s3", "other_s3"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenedStore]:
    url = {"memory": "memory://", "folder": f"file://{tmp_path}/objects"}.get(request.param)
    credentials = None
    if url is None:
        url = request.getfixturevalue(f"{request.param}_url")
        credentials = S3Credentials("test", "testsecret123")
    async with open_store(
        str(url), credentials=credentials, signing_key=b"k" * 32, public_url="https://files.example"
    ) as opened:
        await opened.store.check()
        yield opened


@pytest.fixture
def store(opened: OpenedStore) -> ObjectStore:
    return opened.store
