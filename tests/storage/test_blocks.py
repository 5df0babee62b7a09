"""How sources become blocks: the end comes only when the source ended well."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.blocks import blocks
from storage.interface import Source
from storage.threads import Threads
from tests.storage.content import chunks
from zerokerf.errors import ObjectDamaged

DATA = bytes(range(200))


@pytest.fixture
async def threads() -> AsyncIterator[Threads]:
    threads = Threads(1, "test")
    yield threads
    await threads.aclose()


@pytest.mark.parametrize("chunk_bytes", [1, 7, 64, 500])
@pytest.mark.parametrize("kind", ["bytes", "stream", "file"])
async def test_all_blocks_but_the_last_have_the_size_asked_for(
    kind: str, chunk_bytes: int, threads: Threads, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(DATA)
    sources: dict[str, Source] = {
        "bytes": DATA,
        "stream": chunks(DATA, chunk_bytes),
        "file": tmp_path / "file",
    }

    found = [block async for block in blocks("k", sources[kind], 64, threads)]

    assert [len(block) for block in found] == [64, 64, 64, 8]
    assert b"".join(found) == DATA


@pytest.mark.parametrize("size_kib", [70, 150, 250])
async def test_a_file_that_changes_its_size_while_it_is_read_is_damaged(
    size_kib: int, threads: Threads, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(DATA * 1024)
    found = blocks("k", file, 64 * 1024, threads)

    await anext(found)
    with file.open("r+b") as writer:
        writer.truncate(size_kib * 1024)

    with pytest.raises(ObjectDamaged):
        _ = [block async for block in found]


async def test_an_iterable_that_is_no_generator_is_a_source_too(threads: Threads) -> None:
    class Pieces:
        def __aiter__(self) -> AsyncIterator[bytes]:
            return chunks(DATA, 9)

    assert b"".join([block async for block in blocks("k", Pieces(), 64, threads)]) == DATA


async def test_a_stream_that_is_not_read_to_its_end_is_closed(threads: Threads) -> None:
    closed: list[bool] = []

    async def stream() -> AsyncIterator[bytes]:
        try:
            while True:
                yield DATA
        finally:
            closed.append(True)

    found = blocks("k", stream(), 64, threads)
    await anext(found)
    await found.aclose()

    assert closed == [True]
