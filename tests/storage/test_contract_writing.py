"""What every object store promises of writing, tested on each of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.interface import ObjectStore
from storage.open_store import OpenedStore
from tests.storage.content import MIB, chunks, keys, noise, read, sha256, unfinished
from zerokerf.errors import ObjectDamaged, ObjectExists

WAV = "audio/wav"


@pytest.mark.parametrize("data", [b"", b"x", noise(3 * MIB + 1)], ids=["empty", "one byte", "some chunks"])
async def test_bytes_come_back_as_they_were_put(store: ObjectStore, data: bytes) -> None:
    put = await store.put("a/b.wav", data, content_type=WAV)

    head = await store.head("a/b.wav")
    assert await read(store, "a/b.wav") == data
    assert (put.key, put.size, put.sha256) == ("a/b.wav", len(data), sha256(data))
    assert (head.key, head.size, head.etag) == ("a/b.wav", len(data), put.etag)
    assert head.modified is not None
    assert head.modified.tzinfo is not None


@pytest.mark.parametrize("edge", [5 * MIB, 16 * MIB])
@pytest.mark.parametrize("off_by", [-1, 0, 1])
async def test_streams_come_back_whole_at_the_edges_of_parts(
    store: ObjectStore, edge: int, off_by: int
) -> None:
    data = noise(edge + off_by)

    put = await store.put("a/b.wav", chunks(data, 999_999), content_type=WAV)

    assert (put.size, put.sha256) == (len(data), sha256(data))
    assert sha256(await read(store, "a/b.wav")) == sha256(data)


async def test_an_object_of_several_parts_comes_back_whole(opened: OpenedStore) -> None:
    data = noise(50 * MIB)

    put = await opened.store.put("a/b.wav", chunks(data, 20 * MIB), content_type=WAV)

    head = await opened.store.head("a/b.wav")
    assert (put.size, put.sha256, put.etag) == (len(data), sha256(data), head.etag)
    assert sha256(await read(opened.store, "a/b.wav")) == sha256(data)
    assert await unfinished(opened) == 0


async def test_a_file_can_be_put_and_stays_where_it_is(store: ObjectStore, tmp_path: Path) -> None:
    file = tmp_path / "made.wav"
    file.write_bytes(noise(17 * MIB))

    put = await store.put("a/b.wav", file, content_type=WAV)
    again = await store.put("a/b.wav", file, content_type=WAV)

    assert put.size == again.size == 17 * MIB
    assert put.sha256 in {None, sha256(noise(17 * MIB))}
    assert sha256(await read(store, "a/b.wav")) == sha256(file.read_bytes()) == sha256(noise(17 * MIB))


async def test_a_missing_file_is_the_callers_mistake(opened: OpenedStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await opened.store.put("a/b.wav", tmp_path / "none.wav", content_type=WAV)

    assert await unfinished(opened) == 0


async def test_a_file_that_gives_another_number_of_bytes_than_it_has_is_not_stored(
    opened: OpenedStore,
) -> None:
    with pytest.raises(ObjectDamaged):
        await opened.store.put("a/b.wav", Path("/proc/version"), content_type=WAV)  # says it is empty

    assert await keys(opened.store) == []
    assert await unfinished(opened) == 0


async def test_putting_again_replaces_the_object(store: ObjectStore) -> None:
    first = await store.put("a/b.wav", b"old", content_type=WAV)
    second = await store.put("a/b.wav", b"newer", content_type=WAV)

    assert await read(store, "a/b.wav") == b"newer"
    assert first.etag != second.etag


@pytest.mark.parametrize("size_bytes", [1000, 20 * MIB], ids=["small", "in parts"])
async def test_a_failed_put_leaves_the_old_object(opened: OpenedStore, size_bytes: int) -> None:
    async def breaks_halfway() -> AsyncIterator[bytes]:
        yield noise(size_bytes)
        raise ConnectionError

    await opened.store.put("a/b.wav", b"old", content_type=WAV)
    with pytest.raises(ConnectionError):
        await opened.store.put("a/b.wav", breaks_halfway(), content_type=WAV)

    assert await read(opened.store, "a/b.wav") == b"old"
    assert await keys(opened.store) == ["a/b.wav"]
    assert await unfinished(opened) == 0


@pytest.mark.parametrize("size_bytes", [1000, 20 * MIB, 70 * MIB], ids=["small", "in parts", "many parts"])
async def test_a_cancelled_put_leaves_nothing_and_closes_its_source(
    opened: OpenedStore, size_bytes: int
) -> None:
    waiting, closed = asyncio.Event(), asyncio.Event()

    async def never_ends() -> AsyncIterator[bytes]:
        try:
            yield noise(size_bytes)
            waiting.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    put = asyncio.create_task(opened.store.put("a/b.wav", never_ends(), content_type=WAV))
    await waiting.wait()
    put.cancel()
    with pytest.raises(asyncio.CancelledError):
        await put

    assert closed.is_set()
    assert await keys(opened.store) == []
    assert await unfinished(opened) == 0


async def test_a_put_cancelled_while_it_sends_leaves_nothing(opened: OpenedStore) -> None:
    sending = asyncio.Event()

    async def many() -> AsyncIterator[bytes]:
        for number in range(500):
            if number == 40:
                sending.set()
            yield b"x" * MIB

    put = asyncio.create_task(opened.store.put("a/b.wav", many(), content_type=WAV))
    await sending.wait()
    put.cancel()
    put.cancel()
    with pytest.raises(asyncio.CancelledError):
        await put

    assert await keys(opened.store) == []
    assert await unfinished(opened) == 0


async def test_one_of_many_writers_wins_an_absent_key(opened: OpenedStore) -> None:
    contents = [bytes([number]) * 1000 for number in range(16)]

    results = await asyncio.gather(
        *(opened.store.put("a/m.json", data, content_type=WAV, if_absent=True) for data in contents),
        return_exceptions=True,
    )

    winners = [result for result in results if not isinstance(result, BaseException)]
    losers = [result for result in results if isinstance(result, ObjectExists)]
    assert (len(winners), len(losers)) == (1, 15)
    assert sha256(await read(opened.store, "a/m.json")) == winners[0].sha256


@pytest.mark.parametrize("size_bytes", [1000, 17 * MIB], ids=["small", "in parts"])
async def test_a_writer_that_began_before_the_object_was_there_loses_at_the_end(
    opened: OpenedStore, size_bytes: int
) -> None:
    begun, other_done = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield noise(size_bytes)
        begun.set()
        await other_done.wait()

    late = asyncio.create_task(opened.store.put("a/m.json", slow(), content_type=WAV, if_absent=True))
    await begun.wait()
    await opened.store.put("a/m.json", b"first", content_type=WAV, if_absent=True)
    other_done.set()

    with pytest.raises(ObjectExists):
        await late
    assert await read(opened.store, "a/m.json") == b"first"
    assert await unfinished(opened) == 0


async def test_an_existing_object_is_not_overwritten_if_absence_is_asked_for(store: ObjectStore) -> None:
    await store.put("a/m.json", b"first", content_type=WAV)

    for late in (b"second", noise(17 * MIB)):
        with pytest.raises(ObjectExists):
            await store.put("a/m.json", late, content_type=WAV, if_absent=True)

    assert await read(store, "a/m.json") == b"first"


async def test_many_copies_at_once_do_not_wait_for_each_other(store: ObjectStore) -> None:
    """More streams from object to object than a store has threads."""
    data = noise(2 * MIB)
    await store.put("a/source.wav", data, content_type=WAV)

    async with asyncio.timeout(60):
        await asyncio.gather(
            *(
                store.put(f"copies/{number}.wav", store.get("a/source.wav"), content_type=WAV)
                for number in range(40)
            )
        )

    assert {info.size async for info in store.list("copies/")} == {len(data)}
    assert len(await keys(store, "copies/")) == 40
