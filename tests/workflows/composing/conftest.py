"""One S3 server for all tests of this folder, and a worker's parts on it for each."""

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from server.database.migrate import migrate
from server.database.open import open_database
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from server.media.cutter import Tools
from server.media.decoder import find_decoder
from server.media.facts import MediaLimits
from server.media.probing.prober import start_prober
from server.uploads.uploads import Uploads
from server.workflows.composing.cutter import Composing
from server.workflows.cutting import Cutting
from server.workflows.scratch import open_scratch
from storage.address import parse_address
from storage.compose import LEAST_PART_BYTES
from storage.s3 import S3Store
from storage.s3_client import S3Address, S3Credentials, provider_of
from storage.signed_links import LocalSigner
from tests.services.seaweed import REGION, SeaweedServer, running_seaweed
from tests.workflows.composing.house import House


@pytest.fixture(scope="module")
def seaweed() -> Iterator[SeaweedServer]:
    with running_seaweed() as server:
        yield server


@pytest.fixture
async def store(seaweed: SeaweedServer) -> AsyncIterator[S3Store]:
    url = f"s3+http://{seaweed.endpoint}/test-composing/{uuid.uuid4().hex}?region={REGION}"
    address = parse_address(url)
    assert isinstance(address, S3Address)
    credentials = provider_of(S3Credentials(seaweed.access_key, seaweed.secret_key))
    store = S3Store(address, credentials, copy_bytes=2 * LEAST_PART_BYTES)
    await store.check()
    yield store
    await store.aclose()


@pytest.fixture
async def house(store: S3Store, tmp_path: Path) -> AsyncIterator[House]:
    async with open_database(f"sqlite:///{tmp_path}/records.db") as database, start_prober() as prober:
        await migrate(database)
        records = SplitRecords(database, InProcessWakeups())
        tools = Tools(find_decoder(), prober, MediaLimits(), 2)
        cutting = Cutting(records=records, store=store, tools=tools)
        composing = Composing(store, store, tools, least_bytes=2 * LEAST_PART_BYTES + 100)
        with open_scratch(tmp_path / "scratch", 2**30) as scratch:
            uploads = Uploads(database, store, LocalSigner("https://files.example", b"k" * 32), 1 << 40)
            yield House(records, store, cutting, composing, scratch, uploads)
