"""Sends the parts of an upload side by side, with memory bounded and the first failure stopping it all."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from storage.s3_errors import writing
from storage.s3_multipart import MAX_PARTS, PART_BYTES, MultipartUpload
from storage.threads import Threads
from zerokerf.errors import FileTooLarge

_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Sent:
    size_bytes: int
    sha256: str


class PartSender:
    """`most_in_flight` bounds what all uploads together keep in memory besides the part each is filling."""

    def __init__(self, threads: Threads, most_in_flight: int) -> None:
        self._threads = threads
        self._in_flight = asyncio.Semaphore(most_in_flight)

    async def send(self, key: str, upload: MultipartUpload, parts: AsyncIterator[bytes]) -> Sent:
        """Raises what the first failure raised, once no part is in flight any more."""
        try:
            async with asyncio.TaskGroup() as group:
                return await self._send_all(key, upload, parts, group)
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        raise AssertionError("a group of tasks swallows nothing")

    async def _send_all(
        self, key: str, upload: MultipartUpload, parts: AsyncIterator[bytes], group: asyncio.TaskGroup
    ) -> Sent:
        ahead = asyncio.Semaphore(_AHEAD)
        digest = hashlib.sha256()
        number = size_bytes = 0
        async for part in parts:
            number, size_bytes = number + 1, size_bytes + len(part)
            if number > MAX_PARTS:
                raise FileTooLarge(MAX_PARTS * PART_BYTES)
            await self._threads.run(digest.update, part)
            await ahead.acquire()
            await self._in_flight.acquire()
            task = group.create_task(self._send_one(key, upload, number, part))
            # Not in the task: one that is cancelled before it starts would release nothing.
            task.add_done_callback(lambda _: ahead.release())
            task.add_done_callback(lambda _: self._in_flight.release())
        return Sent(size_bytes, digest.hexdigest())

    async def _send_one(self, key: str, upload: MultipartUpload, number: int, part: bytes) -> None:
        with writing(key):
            await self._threads.run(upload.send, number, part)
