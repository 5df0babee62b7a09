"""Fetches a segment's file: to a temporary name, resumed after breaks, checked, then renamed."""

import asyncio
import contextlib
import hashlib
import uuid
from pathlib import Path
from typing import BinaryIO

import httpx

from zerokerf.calls import Attempts, OnProgress, Patience
from zerokerf.errors import ChecksumMismatch, LinkRefused, Unavailable, ZerokerfError
from zerokerf.v1.split_pb2 import Segment

CHUNK_BYTES = 2**20


def file_name(segment: Segment) -> str:
    """The segment's name, reduced to one that cannot leave the folder it is put into."""
    name = segment.file_name.replace("\\", "/").rpartition("/")[2].replace("\0", "")
    return name if name.strip(". ") else f"segment_{segment.index:04d}"


def open_http(patience: Patience) -> httpx.AsyncClient:
    """For links. Proxies of the environment are used, but never for this machine."""
    direct = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))
    timeout = httpx.Timeout(patience.stall_timeout_s, connect=min(10, patience.stall_timeout_s))
    return httpx.AsyncClient(timeout=timeout, mounts=direct, follow_redirects=True)


async def download_segment(
    http: httpx.AsyncClient, segment: Segment, dest: Path, attempts: Attempts, on_progress: OnProgress
) -> Path:
    """Put the segment at `dest`, or into it if it is a folder; whole and checked, or not at all."""
    target = dest / file_name(segment) if await asyncio.to_thread(dest.is_dir) else dest
    part = await asyncio.to_thread(_open_part, target)
    try:
        with contextlib.closing(part):
            await _Transfer(http, segment, part, on_progress).run(attempts)
        await asyncio.to_thread(Path(part.name).replace, target)
    finally:
        await asyncio.to_thread(Path(part.name).unlink, missing_ok=True)
    return target


class _Transfer:
    """One segment on its way."""

    def __init__(
        self, http: httpx.AsyncClient, segment: Segment, part: BinaryIO, on_progress: OnProgress
    ) -> None:
        self._http = http
        self._segment = segment
        self._part = part
        self._on_progress = on_progress
        self._hash = hashlib.sha256()
        self._received = 0
        self._furthest = 0

    async def run(self, attempts: Attempts) -> None:
        while self._received < self._segment.size:
            before = self._received
            try:
                await self._fetch()
            except ZerokerfError as error:
                if self._received > before:
                    attempts.progressed()
                await attempts.failed(error)
        await asyncio.to_thread(self._part.flush)
        found = self._hash.hexdigest()
        if found != self._segment.sha256:
            raise ChecksumMismatch(file_name(self._segment), self._segment.sha256, found)

    async def _fetch(self) -> None:
        """Take what one request gives. Raises Unavailable if it is less than everything."""
        headers = {"accept-encoding": "identity"}
        if self._received:
            headers["range"] = f"bytes={self._received}-"
        try:
            async with self._http.stream("GET", self._segment.download_url, headers=headers) as response:
                self._check(response)
                async for chunk in response.aiter_raw(CHUNK_BYTES):
                    await self._keep(chunk)
                    if self._received > self._segment.size:
                        return
        except httpx.HTTPError as error:
            raise Unavailable("The download") from error
        if self._received < self._segment.size:
            raise Unavailable("The download")

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status >= 500 or status in {408, 425, 429}:
            raise Unavailable("The download")
        if status not in {200, 206}:
            raise LinkRefused(file_name(self._segment), status)
        if status == 200 and self._received:
            self._start_over()

    def _start_over(self) -> None:
        self._part.seek(0)
        self._part.truncate()
        self._hash = hashlib.sha256()
        self._received = 0

    async def _keep(self, chunk: bytes) -> None:
        await asyncio.to_thread(self._write, chunk)
        self._received += len(chunk)
        self._furthest = max(self._furthest, self._received)
        self._on_progress(min(self._furthest, self._segment.size), self._segment.size)

    def _write(self, chunk: bytes) -> None:
        self._part.write(chunk)
        self._hash.update(chunk)


def _open_part(target: Path) -> BinaryIO:
    return target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex[:12]}.part").open("xb")
