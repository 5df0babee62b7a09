"""Has an S3 server make an object of ranges of another, so that their bytes never come here."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial

import structlog
from minio import Minio
from minio.error import S3Error

from storage.compose import COPY_BYTES, CannotCompose, Composition, StoredRange, parts_of
from storage.s3_errors import status_of, writing
from storage.s3_multipart import MultipartUpload
from storage.threads import Threads
from zerokerf.errors import ObjectDamaged, Unavailable, ZerokerfError

_AT_ONCE = 8
#: Which say nothing about the server: another source, or other rights, and the next copy may succeed. Whoever
#: really lacks a right hears of it when the bytes are sent.
_REFUSALS = frozenset({400, 403})
#: Of servers that know no ranged copies.
_UNKNOWN_CALLS = frozenset({405, 411, 501})
_UNKNOWN_CODES = frozenset({"NotImplemented", "MethodNotAllowed", "UnsupportedOperation"})
#: A server may be upgraded, or be several of which one is older.
_ASKED_AGAIN_AFTER_S = 600.0

#: Reads some bytes of an object.
ReadRange = Callable[[StoredRange], AsyncIterator[bytes]]

log = structlog.get_logger()


class S3Composer:
    """A server that cannot do it is left alone for a while."""

    def __init__(
        self,
        client: Minio,
        bucket: str,
        prefix: str,
        threads: Threads,
        copy_bytes: int = COPY_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._threads = threads
        self._copy_bytes = copy_bytes
        self._in_flight = asyncio.Semaphore(_AT_ONCE)
        self._clock = clock
        self._left_alone_until_s: float | None = None

    async def compose(self, key: str, made_of: Composition, content_type: str, read: ReadRange) -> str:
        """The ETag of the object. Leaves no open upload behind. Raises as a Composer does."""
        if self._left_alone_until_s is not None and self._clock() < self._left_alone_until_s:
            raise CannotCompose
        upload = MultipartUpload(self._client, self._bucket, self._prefix + key)
        try:
            with writing(key):
                await self._threads.run(upload.begin, content_type)
            await self._fill(key, upload, made_of, read)
            with writing(key):
                return await self._threads.run(partial(upload.complete, if_absent=False))
        except BaseException:
            # What cannot be removed now, the sweep removes later; the first failure is the one to report.
            with suppress(ZerokerfError), writing(key):
                await self._threads.run(upload.abort)
            raise

    def leave_alone(self, why: str) -> CannotCompose:
        """Told in the log, once a while."""
        log.warning("store composes no objects", action="compose", reason=why, again_s=_ASKED_AGAIN_AFTER_S)
        self._left_alone_until_s = self._clock() + _ASKED_AGAIN_AFTER_S
        return CannotCompose()

    async def _fill(self, key: str, upload: MultipartUpload, made_of: Composition, read: ReadRange) -> None:
        """Raises what the first failure raised, once no part is in flight any more."""
        parts = parts_of(made_of, self._copy_bytes)
        body, tail = made_of.body, made_of.tail
        first = made_of.head
        if parts.sent_bytes:
            sent = StoredRange(body.key, body.offset, parts.sent_bytes, body.etag)
            first += b"".join([chunk async for chunk in read(sent)])
        if not parts.copies:
            first, tail = first + tail, b""
        try:
            async with asyncio.TaskGroup() as group:
                if first:
                    group.create_task(self._send(key, upload, 1, first))
                for number, (offset, size_bytes) in enumerate(parts.copies, 2):
                    some = StoredRange(body.key, offset, size_bytes, body.etag)
                    group.create_task(self._copy(upload, number, some))
                if tail:
                    group.create_task(self._send(key, upload, len(parts.copies) + 2, tail))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _send(self, key: str, upload: MultipartUpload, number: int, part: bytes) -> None:
        with writing(key):
            await self._threads.run(partial(upload.send, number, part, is_checked=False))

    async def _copy(self, upload: MultipartUpload, number: int, some: StoredRange) -> None:
        source = f"{self._bucket}/{self._prefix}{some.key}"
        copy = partial(upload.copy, number, source, some.offset, some.size_bytes, some.etag)
        async with self._in_flight:
            try:
                with writing(some.key):
                    await self._threads.run(copy)
            except ZerokerfError as error:
                raise self._copy_failure(some.key, error) from error

    def _copy_failure(self, key: str, error: ZerokerfError) -> Exception:
        cause = error.__cause__
        status = status_of(cause) if isinstance(cause, Exception) else 0
        if status == 412:
            return ObjectDamaged(key)  # another object took the place meanwhile
        code = cause.code or "" if isinstance(cause, S3Error) else ""
        if status in _UNKNOWN_CALLS or code in _UNKNOWN_CODES:
            return self.leave_alone(code or str(status))
        if status in _REFUSALS and not isinstance(error, Unavailable):
            log.info("copy refused", action="compose", reason=code or str(status))
            return CannotCompose()
        return error
