"""What every object store promises, tested on each of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.interface import ObjectStore
from storage.open_store import OpenedStore
from tests.storage.content import MIB, chunks, keys, noise, read, sha256, unfinished
from zerokerf.errors import InvalidObjectKey, ObjectDamaged, ObjectExists, ObjectNotFound, ObjectRangeInvalid

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


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [
        (0, 4, b"0123"),
        (3, 4, b"3456"),
        (7, None, b"789"),
        (7, 100, b"789"),
        (0, 0, b""),
        (4, 0, b""),
        (10, None, b""),
        (10, 5, b""),
    ],
)
async def test_ranges_give_the_bytes_that_exist(
    store: ObjectStore, offset: int, length: int | None, expected: bytes
) -> None:
    await store.put("a/b.txt", b"0123456789", content_type="text/plain")

    assert await read(store, "a/b.txt", offset, length) == expected


@pytest.mark.parametrize(("offset", "length"), [(11, None), (11, 0), (-1, 3), (0, -1)])
async def test_ranges_outside_of_the_object_are_refused(
    store: ObjectStore, offset: int, length: int | None
) -> None:
    await store.put("a/b.txt", b"0123456789", content_type="text/plain")

    with pytest.raises(ObjectRangeInvalid):
        await read(store, "a/b.txt", offset, length)


async def test_an_empty_object_can_be_read_from_its_end(store: ObjectStore) -> None:
    await store.put("a/b.txt", b"", content_type="text/plain")

    assert await read(store, "a/b.txt", 0, 10) == b""


async def test_a_reader_may_leave_early(store: ObjectStore) -> None:
    await store.put("a/b.wav", noise(5 * MIB), content_type=WAV)

    for _ in range(40):  # more often than there are threads and connections
        stream = store.get("a/b.wav")
        assert await anext(stream) == noise(5 * MIB)[:MIB]
        await stream.aclose()  # type: ignore[attr-defined]  # every backend's stream is a generator


@pytest.mark.parametrize("length", [None, 0, 5])
@pytest.mark.parametrize("offset", [0, 5])
async def test_a_missing_object_is_told_before_the_first_chunk(
    store: ObjectStore, offset: int, length: int | None
) -> None:
    with pytest.raises(ObjectNotFound):
        await anext(store.get("a/none.wav", offset=offset, length=length))


async def test_a_missing_object_has_no_head(store: ObjectStore) -> None:
    with pytest.raises(ObjectNotFound):
        await store.head("a/none.wav")


async def test_fetching_makes_a_file_and_tells_its_digest(store: ObjectStore, tmp_path: Path) -> None:
    data = noise(3 * MIB + 5)
    await store.put("a/b.wav", data, content_type=WAV)

    info = await store.fetch("a/b.wav", tmp_path / "copy.wav")

    assert (tmp_path / "copy.wav").read_bytes() == data
    assert (info.key, info.size, info.sha256) == ("a/b.wav", len(data), sha256(data))


async def test_a_fetched_file_can_be_changed_without_changing_the_object(
    store: ObjectStore, tmp_path: Path
) -> None:
    await store.put("a/b.wav", b"object", content_type=WAV)
    await store.fetch("a/b.wav", tmp_path / "copy.wav")

    (tmp_path / "copy.wav").write_bytes(b"scribble")

    assert await read(store, "a/b.wav") == b"object"


async def test_a_failed_fetch_leaves_the_folder_as_it_was(store: ObjectStore, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "copy.wav").write_bytes(b"before")

    with pytest.raises(ObjectNotFound):
        await store.fetch("a/none.wav", scratch / "copy.wav")

    assert [file.name for file in scratch.iterdir()] == ["copy.wav"]
    assert (scratch / "copy.wav").read_bytes() == b"before"


async def test_lists_show_all_below_their_prefix_and_nothing_else(store: ObjectStore) -> None:
    names = ["t/a/j/2.wav", "t/a/j/10.wav", "t/a/manifest.json", "t/a1/x.wav", "t/a-b.wav", "t/a/j/2-1.wav"]
    for name in names:
        await store.put(name, b"12345", content_type=WAV)

    assert sorted(await keys(store)) == sorted(names)
    assert sorted(await keys(store, "t/a/")) == sorted(name for name in names if name.startswith("t/a/"))
    assert await keys(store, "t/none/") == []
    assert {info.size async for info in store.list("")} == {5}


async def test_the_objects_of_a_folder_are_listed_in_key_order(store: ObjectStore) -> None:
    names = ["p/-", "p/-.x", "p/1.wav", "p/10.wav", "p/2-1.wav", "p/2.wav", "p/A", "p/_", "p/a", "p/b.wav"]
    for name in reversed(names):
        await store.put(name, b"", content_type=WAV)

    assert await keys(store, "p/") == names


async def test_lists_go_on_after_a_page(store: ObjectStore) -> None:
    names = [f"p/{number:05}.txt" for number in range(1203)]
    for start in range(0, len(names), 100):
        batch = names[start : start + 100]
        await asyncio.gather(*(store.put(name, b"", content_type="text/plain") for name in batch))

    assert await keys(store, "p/") == names
    assert await store.delete_prefix("p/") == 1203
    assert await keys(store) == []


async def test_deleting_is_the_same_twice(store: ObjectStore) -> None:
    await store.put("a/1.wav", b"1", content_type=WAV)
    await store.put("a/2.wav", b"2", content_type=WAV)

    await store.delete("a/1.wav", "a/none.wav", "b/none.wav")
    await store.delete("a/1.wav")
    await store.delete()

    assert await keys(store) == ["a/2.wav"]


async def test_deleting_a_prefix_spares_its_neighbours(store: ObjectStore) -> None:
    for name in ("t/a/j/1.wav", "t/a/j/in/source", "t/a1/j/1.wav", "t/b.wav"):
        await store.put(name, b"x", content_type=WAV)

    assert await store.delete_prefix("t/a/") == 2
    assert await store.delete_prefix("t/a/") == 0

    assert await keys(store) == ["t/a1/j/1.wav", "t/b.wav"]


@pytest.mark.parametrize("prefix", ["", "/", "t", "t/a", "../", "t//", "t/../"])
async def test_a_prefix_that_could_reach_too_far_is_refused(store: ObjectStore, prefix: str) -> None:
    with pytest.raises(InvalidObjectKey):
        await store.delete_prefix(prefix)


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a/../b", "", "a//b", ".tmp/x", "a\x00b", "a\n"])
async def test_no_call_accepts_a_hostile_key(store: ObjectStore, tmp_path: Path, key: str) -> None:
    with pytest.raises(InvalidObjectKey):
        await store.put(key, b"x", content_type=WAV)
    with pytest.raises(InvalidObjectKey):
        await read(store, key)
    with pytest.raises(InvalidObjectKey):
        await store.head(key)
    with pytest.raises(InvalidObjectKey):
        await store.fetch(key, tmp_path / "copy")
    with pytest.raises(InvalidObjectKey):
        await store.delete("a/fine.wav", key)


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


async def test_a_healthy_store_passes_its_check_and_shows_no_trace_of_it(store: ObjectStore) -> None:
    await store.check()

    assert await keys(store) == []
