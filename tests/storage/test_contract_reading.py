"""What every object store promises of reading, tested on each of them."""

from pathlib import Path

import pytest

from storage.interface import ObjectStore
from tests.storage.content import MIB, noise, read, sha256
from zerokerf.errors import ObjectNotFound, ObjectRangeInvalid

WAV = "audio/wav"


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
