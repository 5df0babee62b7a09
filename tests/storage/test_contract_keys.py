"""What every object store promises of keys, lists and deleting, tested on each of them."""

import asyncio
from pathlib import Path

import pytest

from storage.interface import ObjectStore
from tests.storage.content import keys, read
from zerokerf.errors import InvalidObjectKey

WAV = "audio/wav"


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


async def test_a_healthy_store_passes_its_check_and_shows_no_trace_of_it(store: ObjectStore) -> None:
    await store.check()

    assert await keys(store) == []
