"""What a folder needs to be a safe store: nothing leads out of it, nothing half-written shows."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.local import LocalStore
from tests.storage.content import MIB, keys, noise, read
from zerokerf.errors import InvalidObjectKey, ObjectNotFound, Unavailable

BIN = "application/octet-stream"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
async def store(root: Path) -> AsyncIterator[LocalStore]:
    store = LocalStore(root)
    await store.prepare()
    yield store
    await store.aclose()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_bytes(b"secret")
    return folder / "secret.txt"


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _content(file: Path) -> bytes:
    return file.read_bytes()


def _link(link: Path, target: Path) -> None:
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(target)


async def _is_refused_everywhere(store: LocalStore, key: str) -> None:
    with pytest.raises(ObjectNotFound):
        await read(store, key)
    with pytest.raises(ObjectNotFound):
        await store.head(key)
    with pytest.raises(ObjectNotFound):
        await store.path_of(key)
    assert key not in await keys(store)


async def test_a_link_in_place_of_a_file_is_not_followed(store: LocalStore, root: Path, secret: Path) -> None:
    _link(root / "a" / "b.txt", secret)

    await _is_refused_everywhere(store, "a/b.txt")
    await store.put("a/b.txt", b"mine", content_type=BIN)

    assert _content(secret) == b"secret"
    assert await read(store, "a/b.txt") == b"mine"


async def test_a_link_in_place_of_a_folder_is_not_followed(
    store: LocalStore, root: Path, secret: Path
) -> None:
    _link(root / "a", secret.parent)

    await _is_refused_everywhere(store, "a/secret.txt")
    with pytest.raises(InvalidObjectKey):
        await store.put("a/new.txt", b"x", content_type=BIN)
    await store.delete_prefix("a/")

    assert _names(secret.parent) == ["secret.txt"]


async def test_a_link_is_not_deleted_through(store: LocalStore, root: Path, secret: Path) -> None:
    _link(root / "a", secret.parent)

    await store.delete("a/secret.txt")

    assert _content(secret) == b"secret"


async def test_a_pipe_does_not_make_a_reader_wait(store: LocalStore, root: Path) -> None:
    os.mkfifo(root / "pipe.wav")

    async with asyncio.timeout(5):
        await _is_refused_everywhere(store, "pipe.wav")


async def test_a_link_is_copied_and_not_adopted(store: LocalStore, root: Path, tmp_path: Path) -> None:
    (tmp_path / "real.wav").write_bytes(b"audio")
    _link(tmp_path / "link.wav", tmp_path / "real.wav")

    await store.put("a.wav", tmp_path / "link.wav", content_type=BIN)

    assert (root / "a.wav").read_bytes() == b"audio"
    assert not (root / "a.wav").is_symlink()


async def test_a_finished_file_is_adopted_without_a_copy(
    store: LocalStore, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "made.wav").write_bytes(b"audio")

    info = await store.put("a.wav", tmp_path / "made.wav", content_type=BIN)

    assert (root / "a.wav").samefile(tmp_path / "made.wav")
    assert (info.size, info.sha256) == (5, None)


async def test_a_key_below_an_object_has_no_place(store: LocalStore) -> None:
    await store.put("a/x", b"x", content_type=BIN)

    with pytest.raises(InvalidObjectKey):
        await store.put("a/x/y", b"y", content_type=BIN)
    with pytest.raises(InvalidObjectKey):
        await store.put("a", b"y", content_type=BIN)

    assert await keys(store) == ["a/x"]


async def test_the_path_of_an_object_is_a_file_to_serve(store: LocalStore, root: Path) -> None:
    await store.put("a/b.wav", b"audio", content_type=BIN)

    assert await store.path_of("a/b.wav") == root / "a" / "b.wav"
    with pytest.raises(ObjectNotFound):
        await store.path_of("a")
    with pytest.raises(InvalidObjectKey):
        await store.path_of("../outside/secret.txt")


async def test_nothing_is_seen_of_an_object_until_it_is_whole(store: LocalStore, root: Path) -> None:
    seen: list[str] = []

    async def looks_around() -> AsyncIterator[bytes]:
        yield noise(2 * MIB)
        seen.extend(await keys(store))
        seen.extend(_names(root))

    await store.put("a.wav", looks_around(), content_type=BIN)

    assert seen == [".tmp"]


async def test_no_draft_outlives_its_put(store: LocalStore, root: Path, tmp_path: Path) -> None:
    (tmp_path / "made.wav").write_bytes(b"audio")
    for _ in range(2):
        await store.put("a.wav", tmp_path / "made.wav", content_type=BIN)
        await store.put("b.wav", b"bytes", content_type=BIN)
    await store.check()

    assert _names(root / ".tmp") == []


async def test_folders_go_with_their_last_object(store: LocalStore, root: Path) -> None:
    await store.put("t/a/j/1/out/1.wav", b"x", content_type=BIN)
    await store.put("t/a/j/2/out/1.wav", b"x", content_type=BIN)

    await store.delete("t/a/j/1/out/1.wav")
    assert _names(root / "t/a/j") == ["2"]
    await store.delete_prefix("t/a/")

    assert _names(root) == [".tmp"]


async def test_putting_and_deleting_in_one_folder_at_once_loses_nothing(store: LocalStore) -> None:
    async def put_and_delete(number: int) -> None:
        key = f"a/b/c/d/e/{number}.txt"
        for _ in range(60):
            await store.put(key, b"x", content_type=BIN)
            assert await read(store, key) == b"x"
            await store.delete(key)

    await asyncio.gather(*(put_and_delete(number) for number in range(4)))


async def test_only_old_drafts_are_swept(store: LocalStore, root: Path) -> None:
    (root / ".tmp" / "left.part").write_bytes(b"left by a killed process")
    os.utime(root / ".tmp" / "left.part", (1, 1))  # an adopted file brings its old times along

    assert await store.sweep_unfinished(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert await store.sweep_unfinished(datetime.now(UTC) + timedelta(hours=1)) == 1


def _unmount(folder: Path) -> None:
    folder.rename(folder.with_name("unmounted"))


async def test_a_folder_that_is_gone_is_unavailable_and_not_made_anew(store: LocalStore, root: Path) -> None:
    _unmount(root)

    with pytest.raises(Unavailable):
        await store.check()
    with pytest.raises(Unavailable):
        await store.put("a/b.wav", b"x", content_type=BIN)

    assert _names(root.parent) == ["unmounted"]
