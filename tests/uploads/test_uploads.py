"""Uploads: what is committed stays, in order, whatever breaks."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from server.database.open import Database
from server.uploads.model import Upload
from server.uploads.uploads import Uploads
from storage.interface import ObjectInfo, Source
from storage.keys import upload_data_key, upload_prefix
from storage.memory import MemoryStore
from storage.signed_links import LocalSigner
from zerokerf.errors import (
    FileTooLarge,
    IdempotencyConflict,
    UploadComplete,
    UploadIncomplete,
    UploadNotFound,
    UploadOffsetMismatch,
)

PART = 8
LIMIT = 100


class PausingStore(MemoryStore):
    """Waits within each put until it is let go, so that two writers meet."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = asyncio.Semaphore(0)
        self.go_on = asyncio.Event()

    async def put(
        self, key: str, source: Source, *, content_type: str, if_absent: bool = False
    ) -> ObjectInfo:
        self.arrived.release()
        await self.go_on.wait()
        return await super().put(key, source, content_type=content_type, if_absent=if_absent)


@pytest.fixture
async def store() -> AsyncIterator[MemoryStore]:
    store = MemoryStore()
    yield store
    await store.aclose()


@pytest.fixture
def uploads(database: Database, store: MemoryStore) -> Uploads:
    return made(database, store)


def made(database: Database, store: MemoryStore) -> Uploads:
    return Uploads(database, store, LocalSigner("http://localhost", b"k" * 32), LIMIT, part_bytes=PART)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def breaking(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    raise ConnectionResetError


async def new(uploads: Uploads) -> Upload:
    return await uploads.create("acc_a", "a\0ä.wav", "audio/wav", None, None)


async def content(uploads: Uploads, upload: Upload) -> bytes:
    return b"".join([chunk async for chunk in uploads.read("acc_a", upload.id)])


async def stored_bytes(store: MemoryStore, upload: Upload) -> int:
    return sum([info.size async for info in store.list(upload_prefix("acc_a", upload.id))])


async def test_a_new_upload_has_a_link_for_an_hour(uploads: Uploads) -> None:
    upload = await new(uploads)

    assert (upload.file_name, upload.content_type, upload.committed_size) == ("a\0ä.wav", "audio/wav", 0)
    assert upload.link is not None
    assert upload.link.method == "PUT"
    remaining = upload.link.expires_at - datetime.now(UTC)
    assert timedelta(minutes=59) < remaining <= timedelta(hours=1)
    assert (await uploads.get("acc_a", upload.id)).link is None


async def test_a_repeat_returns_the_first_upload_and_a_conflict_is_told(uploads: Uploads) -> None:
    first = await uploads.create("acc_a", "a.wav", "", 5, "req-1")
    again = await uploads.create("acc_a", "a.wav", "", 5, "req-1")
    other = await uploads.create("acc_b", "a.wav", "", 5, "req-1")

    assert again.id == first.id
    assert again.link is not None
    assert other.id != first.id
    with pytest.raises(IdempotencyConflict):
        await uploads.create("acc_a", "b.wav", "", 5, "req-1")


async def test_a_declared_size_over_the_limit_is_refused_at_once(uploads: Uploads) -> None:
    with pytest.raises(FileTooLarge):
        await uploads.create("acc_a", "a.wav", "", LIMIT + 1, None)


@pytest.mark.parametrize(
    "upload_id", ["", "upl_", "x" * 10_000, "upl_../../../etc/passwd/", "upl_\0", "\ud800"]
)
async def test_what_cannot_be_an_id_is_not_found(uploads: Uploads, upload_id: str) -> None:
    with pytest.raises(UploadNotFound) as caught:
        await uploads.require_complete("acc_a", upload_id)

    assert len(caught.value.sentence) < 120


async def test_another_account_finds_nothing(uploads: Uploads) -> None:
    upload = await new(uploads)

    with pytest.raises(UploadNotFound):
        await uploads.get("acc_b", upload.id)
    with pytest.raises(UploadNotFound):
        await uploads.write("acc_b", upload.id, 0, True, chunks(b"x"))
    with pytest.raises(UploadNotFound):
        await anext(uploads.read("acc_b", upload.id))


async def test_a_file_that_was_put_is_complete(uploads: Uploads, store: MemoryStore) -> None:
    upload = await new(uploads)
    with pytest.raises(UploadIncomplete):
        await uploads.require_complete("acc_a", upload.id)

    await store.put(upload_data_key("acc_a", upload.id), b"whole", content_type="audio/wav")

    found = await uploads.require_complete("acc_a", upload.id)
    assert (found.committed_size, found.complete) == (5, True)
    assert await content(uploads, upload) == b"whole"
    with pytest.raises(UploadComplete):
        await uploads.write("acc_a", upload.id, 0, True, chunks(b"x"))


async def test_a_file_that_was_put_over_the_limit_is_refused(uploads: Uploads, store: MemoryStore) -> None:
    upload = await new(uploads)
    await store.put(upload_data_key("acc_a", upload.id), b"x" * (LIMIT + 1), content_type="audio/wav")

    with pytest.raises(FileTooLarge):
        await uploads.require_complete("acc_a", upload.id)


async def test_a_stream_of_any_chunks_is_read_back_as_it_was(uploads: Uploads) -> None:
    upload = await new(uploads)
    data = bytes(range(99))

    written = await uploads.write("acc_a", upload.id, 0, True, chunks(data[:3], b"", data[3:50], data[50:]))

    assert (written.committed_size, written.complete) == (99, True)
    assert await uploads.get("acc_a", upload.id) == written
    assert await content(uploads, upload) == data


async def test_an_empty_file_can_be_finished(uploads: Uploads) -> None:
    upload = await new(uploads)

    await uploads.write("acc_a", upload.id, 0, True, chunks())

    assert await content(uploads, upload) == b""


async def test_a_broken_stream_keeps_its_whole_parts_and_goes_on_from_there(uploads: Uploads) -> None:
    upload = await new(uploads)
    data = bytes(range(50))

    with pytest.raises(ConnectionResetError):
        await uploads.write("acc_a", upload.id, 0, True, breaking(data[:20]))
    found = await uploads.get("acc_a", upload.id)
    assert (found.committed_size, found.complete) == (2 * PART, False)
    with pytest.raises(UploadIncomplete):
        await uploads.require_complete("acc_a", upload.id)
    unfinished = await uploads.write("acc_a", upload.id, 16, False, chunks(data[16:21]))
    assert (unfinished.committed_size, unfinished.complete) == (21, False)
    await uploads.write("acc_a", upload.id, 21, True, chunks(data[21:]))

    assert await content(uploads, upload) == data


@pytest.mark.parametrize("offset", [-1, 1, 4, 6, 2**63 - 1])
async def test_writing_must_go_on_where_it_ended(uploads: Uploads, offset: int) -> None:
    upload = await new(uploads)
    await uploads.write("acc_a", upload.id, 0, False, chunks(b"12345"))

    with pytest.raises(UploadOffsetMismatch) as caught:
        await uploads.write("acc_a", upload.id, offset, True, chunks(b"x"))

    assert caught.value.facts["committedSize"] == "5"


async def test_a_file_that_grows_over_the_limit_is_refused(uploads: Uploads) -> None:
    upload = await new(uploads)
    await uploads.write("acc_a", upload.id, 0, False, chunks(b"x" * LIMIT))

    with pytest.raises(FileTooLarge):
        await uploads.write("acc_a", upload.id, LIMIT, True, chunks(b"x"))
    assert (await uploads.get("acc_a", upload.id)).committed_size == LIMIT


async def test_of_two_writers_one_wins_and_the_bytes_are_its_own(database: Database) -> None:
    store = PausingStore()
    uploads = made(database, store)
    upload = await new(uploads)

    async with asyncio.timeout(20):
        writers = [
            asyncio.create_task(uploads.write("acc_a", upload.id, 0, True, chunks(data)))
            for data in (b"a" * 5, b"b" * 7)
        ]
        for _ in writers:
            await store.arrived.acquire()
        store.go_on.set()
        results = await asyncio.gather(*writers, return_exceptions=True)

    assert [type(result) for result in results if isinstance(result, Exception)] == [UploadOffsetMismatch]
    read = await content(uploads, upload)
    assert read in {b"a" * 5, b"b" * 7}
    assert await stored_bytes(store, upload) == len(read)
    await store.aclose()
