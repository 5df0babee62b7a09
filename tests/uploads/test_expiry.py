"""What nobody needs any more is removed; what a job still has to read is not."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from server.database.open import Database
from server.database.tables import jobs
from server.jobs.model import Failure, SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from server.uploads.expiry import remove_expired
from server.uploads.uploads import Uploads
from storage.memory import MemoryStore
from storage.signed_links import LocalSigner
from zerokerf.errors import UploadNotFound

LATER = datetime.now(UTC) + timedelta(days=3)


async def sound() -> AsyncIterator[bytes]:
    yield b"sound"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def uploads(database: Database, store: MemoryStore) -> Uploads:
    return Uploads(database, store, LocalSigner("http://localhost", b"k" * 32), max_bytes=1000)


async def finished(uploads: Uploads) -> str:
    upload = await uploads.create("acc_a", "talk.mp3", "", None, None)
    await uploads.write("acc_a", upload.id, 0, True, sound())
    return upload.id


async def keys(store: MemoryStore) -> list[str]:
    return [info.key async for info in store.list("")]


async def test_an_old_upload_is_removed_with_its_bytes(
    database: Database, store: MemoryStore, uploads: Uploads
) -> None:
    upload_id = await finished(uploads)

    assert await remove_expired(database, store, LATER) == 1

    assert await keys(store) == []
    with pytest.raises(UploadNotFound):
        await uploads.get("acc_a", upload_id)


async def test_a_young_upload_stays(database: Database, store: MemoryStore, uploads: Uploads) -> None:
    await finished(uploads)

    assert await remove_expired(database, store, datetime.now(UTC) - timedelta(days=2)) == 0
    assert len(await keys(store)) == 1


async def test_an_upload_stays_until_the_job_that_names_it_has_ended(
    database: Database, store: MemoryStore, uploads: Uploads
) -> None:
    records = SplitRecords(database, InProcessWakeups())
    request = SplitRequest(upload_id=await finished(uploads), segment_ns=10**9)
    job = await records.create("acc_a", request, None)

    assert await remove_expired(database, store, LATER) == 0

    await records.fail(job.id, Failure("CORRUPT_FILE", "It broke."))

    assert await remove_expired(database, store, LATER) == 1


async def test_a_young_upload_goes_with_the_files_of_its_job(
    database: Database, store: MemoryStore, uploads: Uploads
) -> None:
    records = SplitRecords(database, InProcessWakeups())
    request = SplitRequest(upload_id=await finished(uploads), segment_ns=10**9)
    expired, other = [await records.create("acc_a", request, None) for _ in range(2)]
    gone = update(jobs).where(jobs.c.id == expired.id).values(files_removed_at=LATER, state="completed")
    async with database.writing() as connection:
        await connection.execute(gone)
    long_ago = datetime.now(UTC) - timedelta(days=2)

    assert await remove_expired(database, store, long_ago) == 0  # another job has to read it

    await records.fail(other.id, Failure("CORRUPT_FILE", "It broke."))

    assert await remove_expired(database, store, long_ago) == 1
    assert await keys(store) == []


async def test_many_are_removed_page_by_page(
    database: Database, store: MemoryStore, uploads: Uploads
) -> None:
    for _ in range(101):
        await uploads.create("acc_a", "talk.mp3", "", None, None)

    assert await remove_expired(database, store, LATER) == 101
