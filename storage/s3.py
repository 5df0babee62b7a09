"""Objects in a bucket of MinIO, S3 or anything that speaks S3."""

import base64
import hashlib
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing, suppress
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

from minio.credentials.providers import Provider
from minio.datatypes import Object
from minio.deleteobjects import DeleteObject
from minio.helpers import DictType

from storage.blocks import blocks
from storage.compose import COPY_BYTES, Composition, StoredRange, etag_of_parts
from storage.draft import save
from storage.interface import ObjectInfo, Source
from storage.keys import check_folder, check_key, check_range, is_key
from storage.paging import pages
from storage.s3_client import (
    S3Address,
    client_of,
    copy_connections,
    probe_connections,
    transfer_connections,
)
from storage.s3_compose import S3Composer
from storage.s3_download import Download
from storage.s3_errors import of_code, reading, writing
from storage.s3_multipart import PART_BYTES, MultipartUpload
from storage.s3_parts import PartSender
from storage.s3_upkeep import abort_uploads, make_bucket, write_probe
from storage.threads import Threads
from zerokerf.errors import (
    ObjectDamaged,
    ObjectExists,
    ObjectNotFound,
    ObjectRangeInvalid,
    Unavailable,
    ZerokerfError,
)

_THREADS = 16
_PARTS_IN_FLIGHT = 8  # of 16 MiB each
_PAGE = 1000


class S3Store:
    def __init__(
        self,
        address: S3Address,
        provider: Provider,
        copy_bytes: int = COPY_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bucket = address.bucket
        self._prefix = address.prefix
        self._region = address.region
        self._connections = transfer_connections(_THREADS)
        self._client = client_of(address.endpoint, address.region, provider, self._connections)
        self._probe_connections = probe_connections()
        self._probe = client_of(address.endpoint, address.region, provider, self._probe_connections)
        self._threads = Threads(_THREADS, "s3-store")
        self._sender = PartSender(self._threads, _PARTS_IN_FLIGHT)
        self._copy_bytes = copy_bytes
        self._copy_connections = copy_connections(_THREADS)
        copier = client_of(address.endpoint, address.region, provider, self._copy_connections)
        self._composer = S3Composer(copier, self._bucket, self._prefix, self._threads, copy_bytes, clock)
        self._prepared = False

    async def prepare(self) -> None:
        """Create the bucket if it is missing."""
        with writing(self._bucket):
            await self._threads.run(make_bucket, self._probe, self._bucket, self._region)
        self._prepared = True

    async def check(self) -> None:
        try:
            if not self._prepared:
                await self.prepare()
            with writing(self._bucket):
                await self._threads.run(write_probe, self._probe, self._bucket, self._prefix)
        except Unavailable:
            raise
        except ZerokerfError as error:
            raise Unavailable("The object store") from error

    async def put(
        self, key: str, source: Source, *, content_type: str, if_absent: bool = False
    ) -> ObjectInfo:
        check_key(key)
        async with aclosing(blocks(key, source, PART_BYTES, self._threads)) as parts:
            first = await anext(parts, b"")
            if len(first) == PART_BYTES:
                return await self._put_parts(key, _again(first, parts), content_type, if_absent=if_absent)
            await anext(parts, b"")  # a source that ended badly says so now
            return await self._put_whole(key, first, content_type, if_absent=if_absent)

    async def _put_whole(self, key: str, body: bytes, content_type: str, *, if_absent: bool) -> ObjectInfo:
        digest = hashlib.sha256(body)
        headers: DictType = {
            "Content-Type": content_type,
            # Verified by the server; over plain http nothing else is.
            "x-amz-checksum-sha256": base64.b64encode(digest.digest()).decode(),
        }
        if if_absent:
            headers["If-None-Match"] = "*"
        with writing(key):
            # The public call would store "If-None-Match" as metadata and overwrite the object.
            send = self._client._put_object  # noqa: SLF001
            written = await self._threads.run(send, self._bucket, self._prefix + key, body, headers)
        return ObjectInfo(key, len(body), written.etag, None, digest.hexdigest())

    async def _put_parts(
        self, key: str, parts: AsyncGenerator[bytes, None], content_type: str, *, if_absent: bool
    ) -> ObjectInfo:
        if if_absent:
            await self._refuse_existing(key)
        upload = MultipartUpload(self._client, self._bucket, self._prefix + key)
        try:
            with writing(key):
                await self._threads.run(upload.begin, content_type)
            sent = await self._sender.send(key, upload, parts)
            with writing(key):
                etag = await self._threads.run(partial(upload.complete, if_absent=if_absent))
        except BaseException:
            # What cannot be removed now, the sweep removes later; the first failure is the one to report.
            with suppress(ZerokerfError), writing(key):
                await self._threads.run(upload.abort)
            raise
        return ObjectInfo(key, sent.size_bytes, etag, None, sent.sha256)

    async def compose(self, key: str, composition: Composition, *, content_type: str) -> ObjectInfo:
        for each in (key, composition.body.key):
            check_key(each)
        etag = await self._composer.compose(key, composition, content_type, self._read_range)
        found, source = await self.head(key), await self.head(composition.body.key)
        if source.etag == composition.body.etag and found.size == composition.size_bytes:
            return ObjectInfo(key, found.size, etag, found.modified)
        await self.delete(key)
        if source.etag != composition.body.etag:
            raise ObjectDamaged(composition.body.key)
        raise self._composer.leave_alone("another size than was asked for")

    def composed_etag(self, composition: Composition, path: Path) -> str:
        return etag_of_parts(composition, path, self._copy_bytes)

    def _read_range(self, some: StoredRange) -> AsyncGenerator[bytes, None]:
        return self.get(some.key, offset=some.offset, length=some.size_bytes)

    async def _refuse_existing(self, key: str) -> None:
        """Before gigabytes are sent in vain. The server decides again at the end."""
        with suppress(ObjectNotFound):
            await self.head(key)
            raise ObjectExists(key)

    async def get(
        self, key: str, *, offset: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        check_key(key)
        check_range(key, offset, length)
        if length == 0:  # S3 cannot be asked for no bytes: it would send all of them
            await self._check_end(key, offset)
            return
        download = Download(self._client, self._bucket, self._prefix + key, offset, length)
        try:
            if await self._open(key, download, offset):
                while not download.is_done and (chunk := await self._read(key, download)):
                    yield chunk
        finally:
            if download.is_done:
                download.close()  # nothing to wait for: the connection is handed back
            else:
                await self._threads.run(download.close)

    async def _open(self, key: str, download: Download, offset: int) -> bool:
        """False if the range begins exactly at the end, which S3 takes for a mistake."""
        try:
            with reading(key, offset):
                await self._threads.run(download.open)
        except ObjectRangeInvalid:
            await self._check_end(key, offset)
            return False
        return True

    async def _check_end(self, key: str, offset: int) -> None:
        if offset > (await self.head(key)).size:
            raise ObjectRangeInvalid(key, offset)

    async def _read(self, key: str, download: Download) -> bytes:
        with reading(key):
            return await self._threads.run(download.read, interrupt=download.interrupt)

    async def fetch(self, key: str, dest: Path) -> ObjectInfo:
        info = await self.head(key)
        async with aclosing(self.get(key)) as chunks:
            copy = await save(chunks, dest, self._threads)
        return ObjectInfo(key, copy.size_bytes, info.etag, info.modified, copy.sha256)

    async def head(self, key: str) -> ObjectInfo:
        check_key(key)
        with reading(key):
            found = await self._threads.run(self._client.stat_object, self._bucket, self._prefix + key)
        return self._info(found)

    async def list(self, prefix: str) -> AsyncGenerator[ObjectInfo, None]:
        if prefix:
            check_folder(prefix)
        async with aclosing(self._objects(prefix)) as found:
            async for item in found:
                info = self._info(item)
                if is_key(info.key):
                    yield info

    async def _objects(self, prefix: str) -> AsyncGenerator[Object, None]:
        found = self._client.list_objects(self._bucket, self._prefix + prefix, recursive=True)
        with reading(prefix):
            while page := await self._threads.run(lambda: list(islice(found, _PAGE))):
                for item in page:
                    yield item

    async def delete(self, *keys: str) -> None:
        for key in keys:
            check_key(key)
        await self._remove([self._prefix + key for key in keys])

    async def delete_prefix(self, prefix: str) -> int:
        check_folder(prefix)
        removed = 0
        async with aclosing(self._objects(prefix)) as found:
            async for page in pages(found, _PAGE):
                await self._remove([item.object_name or "" for item in page])
                removed += len(page)
        return removed

    async def _remove(self, names: Iterable[str]) -> None:
        targets = [DeleteObject(name) for name in names]
        with writing(self._prefix):
            # Nothing is sent unless the answers are read.
            refused = await self._threads.run(
                lambda: list(self._client.remove_objects(self._bucket, targets))
            )
        for error in refused:
            if error.code != "NoSuchKey":
                raise of_code(error.code, error.name or "") or Unavailable("The object store")

    async def sweep_unfinished(self, before: datetime) -> int:
        with writing(self._prefix):
            return await self._threads.run(abort_uploads, self._client, self._bucket, self._prefix, before)

    async def aclose(self) -> None:
        await self._threads.aclose()
        self._connections.clear()
        self._probe_connections.clear()
        self._copy_connections.clear()

    def _info(self, found: Object) -> ObjectInfo:
        key = (found.object_name or "").removeprefix(self._prefix)
        return ObjectInfo(key, found.size or 0, found.etag, found.last_modified)


async def _again(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    yield first
    async for part in rest:
        yield part
