"""Objects as files below one folder: the store of the embedded service."""

import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, aclosing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from storage.blocks import CHUNK_BYTES, blocks
from storage.draft import Draft, save
from storage.folder import FileEntry, open_file, place, reading, remove, walk, writing
from storage.interface import ObjectInfo, Source
from storage.keys import check_folder, check_key, check_range, is_key
from storage.paging import pages
from storage.threads import Threads
from zerokerf.errors import ObjectDamaged, ObjectRangeInvalid, Unavailable

#: No key begins with a dot, so no object can lie here.
_DRAFTS = ".tmp"
_PAGE = 500


class LocalStore:
    """The folder must exist: a volume that is not mounted must not be replaced by an empty folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._threads = Threads(8, "local-store")

    async def prepare(self) -> None:
        """Create the folder. Raises OSError."""
        await self._threads.run(_prepare, self._root)

    async def put(
        self,
        key: str,
        source: Source,
        *,
        content_type: str,  # noqa: ARG002  a folder keeps no types; signed links carry them
        if_absent: bool = False,
    ) -> ObjectInfo:
        check_key(key)
        draft = Draft(self._root / _DRAFTS)
        try:
            await self._fill(draft, key, source)
            with writing(key):
                status = await self._threads.run(_publish, self._root, draft, key, if_absent)
        finally:
            await self._threads.run(draft.close)
        return _info(FileEntry(key, status), draft.sha256)

    async def _fill(self, draft: Draft, key: str, source: Source) -> None:
        if isinstance(source, Path) and await self._threads.run(draft.adopt, source):
            return
        with writing(key):
            await self._threads.run(draft.open)
        async with aclosing(blocks(key, source, CHUNK_BYTES, self._threads)) as pieces:
            async for piece in pieces:
                with writing(key):
                    await self._threads.run(draft.write, piece)

    async def get(
        self, key: str, *, offset: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        check_key(key)
        check_range(key, offset, length)
        with ExitStack() as stack:
            with reading(key):
                file = await self._threads.run(_open, stack, self._root, key)
            left = os.fstat(file.fileno()).st_size - offset
            if left < 0:
                raise ObjectRangeInvalid(key, offset)
            left = left if length is None else min(left, length)
            while left > 0:
                with reading(key):
                    chunk = await self._threads.run(_read_at, file, offset, min(CHUNK_BYTES, left))
                if not chunk:
                    raise ObjectDamaged(key)
                offset, left = offset + len(chunk), left - len(chunk)
                yield chunk

    async def fetch(self, key: str, dest: Path) -> ObjectInfo:
        # A second name for the file would be quicker, but whoever writes to `dest` would change the object.
        info = await self.head(key)
        async with aclosing(self.get(key)) as chunks:
            copy = await save(chunks, dest, self._threads)
        return ObjectInfo(key, copy.size_bytes, info.etag, info.modified, copy.sha256)

    async def head(self, key: str) -> ObjectInfo:
        check_key(key)
        with reading(key):
            return _info(await self._threads.run(_status, self._root, key))

    async def path_of(self, key: str) -> Path:
        """The regular file that holds the object, for serving; no part of the way is a link."""
        await self.head(key)
        return self._root / key

    async def list(self, prefix: str) -> AsyncGenerator[ObjectInfo, None]:
        files = _walk(self._root, prefix)
        with reading(prefix):
            while page := await self._threads.run(_page, files):
                for entry in page:
                    yield _info(entry)

    async def delete(self, *keys: str) -> None:
        for key in keys:
            check_key(key)
        for key in keys:
            with writing(key):
                await self._threads.run(remove, self._root, key)

    async def delete_prefix(self, prefix: str) -> int:
        check_folder(prefix)
        removed = 0
        async with aclosing(self.list(prefix)) as found:
            async for page in pages(found, _PAGE):
                await self.delete(*(info.key for info in page))
                removed += len(page)
        return removed

    async def check(self) -> None:
        draft = Draft(self._root / _DRAFTS)
        try:
            await self._threads.run(draft.open)
            await self._threads.run(draft.write, b"?")
        except OSError as error:
            raise Unavailable("The object store") from error
        finally:
            await self._threads.run(draft.close)

    async def sweep_unfinished(self, before: datetime) -> int:
        return await self._threads.run(_sweep, self._root / _DRAFTS, before.timestamp())

    async def aclose(self) -> None:
        await self._threads.aclose()


def _prepare(root: Path) -> None:
    (root / _DRAFTS).mkdir(0o750, parents=True, exist_ok=True)


def _publish(root: Path, draft: Draft, key: str, if_absent: bool) -> os.stat_result:
    status = draft.sync()
    place(root, draft.path, key, if_absent=if_absent)
    return status


def _open(stack: ExitStack, root: Path, key: str) -> BinaryIO:
    """The stack gets the file even when nobody waits for this call any more."""
    return stack.enter_context(os.fdopen(open_file(root, key), "rb", buffering=0))


def _read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    return os.pread(file.fileno(), length, offset)


def _status(root: Path, key: str) -> FileEntry:
    fd = open_file(root, key)
    try:
        return FileEntry(key, os.fstat(fd))
    finally:
        os.close(fd)


def _walk(root: Path, prefix: str) -> Iterator[FileEntry]:
    if prefix:
        check_folder(prefix)
    return walk(root, prefix.split("/")[:-1])


def _page(files: Iterator[FileEntry]) -> list[FileEntry]:
    return list(islice((entry for entry in files if is_key(entry.key)), _PAGE))


def _sweep(drafts: Path, before_s: float) -> int:
    swept = 0
    for draft in drafts.iterdir():
        # The time of the last change: a second name brings the file's older time of writing along.
        if draft.lstat().st_ctime < before_s:
            draft.unlink(missing_ok=True)
            swept += 1
    return swept


def _info(entry: FileEntry, sha256: str | None = None) -> ObjectInfo:
    status = entry.status
    etag = f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"
    return ObjectInfo(entry.key, status.st_size, etag, datetime.fromtimestamp(status.st_mtime, UTC), sha256)
