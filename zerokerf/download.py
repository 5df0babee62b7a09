"""Fetches a file behind a link: to a temporary name, resumed after breaks, checked, then renamed."""

import asyncio
import contextlib
import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx

from zerokerf.calls import Attempts, OnProgress, Patience
from zerokerf.errors import ChecksumMismatch, FileNotKept, LinkRefused, Unavailable, ZerokerfError
from zerokerf.v1.batch_pb2 import BatchFile
from zerokerf.v1.split_pb2 import Segment, TranscriptFile

CHUNK_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """What is known of a file beforehand. Without a checksum nothing is resumed: it is fetched in one go."""

    name: str
    url: str
    size: int | None = None
    sha256: str | None = None


def segment_file(segment: Segment) -> RemoteFile:
    name = _safe_name(segment.file_name, f"segment_{segment.index:04d}")
    return RemoteFile(name, segment.download_url, segment.size, segment.sha256 or None)


def transcript_file(file: TranscriptFile) -> RemoteFile:
    name = _safe_name(file.file_name, file.format or "transcript")
    return RemoteFile(name, file.download_url, file.size, file.sha256)


def batch_file(file: BatchFile) -> RemoteFile:
    return RemoteFile(_safe_name(file.key, file.format or "recording"), file.download_url)


def open_http(patience: Patience) -> httpx.AsyncClient:
    """For links. Proxies of the environment are used, but never for this machine."""
    direct = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))
    timeout = httpx.Timeout(patience.stall_timeout_s, connect=min(10, patience.stall_timeout_s))
    return httpx.AsyncClient(timeout=timeout, mounts=direct, follow_redirects=True)


async def download_file(
    http: httpx.AsyncClient, file: RemoteFile, dest: Path, attempts: Attempts, on_progress: OnProgress
) -> Path:
    """Put the file at `dest`, or into it if it is a folder; whole and checked, or not at all.

    Raises FileNotKept when there is no link to it any more.
    """
    if not file.url:
        raise FileNotKept(file.name)
    target = dest / file.name if await asyncio.to_thread(dest.is_dir) else dest
    part = await asyncio.to_thread(_open_part, target)
    try:
        with contextlib.closing(part):
            await _Transfer(http, file, part, on_progress).run(attempts)
        await asyncio.to_thread(Path(part.name).replace, target)
    finally:
        await asyncio.to_thread(Path(part.name).unlink, missing_ok=True)
    return target


class _Transfer:
    """One file on its way."""

    def __init__(
        self, http: httpx.AsyncClient, file: RemoteFile, part: BinaryIO, on_progress: OnProgress
    ) -> None:
        self._http = http
        self._file = file
        self._part = part
        self._on_progress = on_progress
        self._hash = hashlib.sha256()
        self._size = file.size
        self._received = 0
        self._furthest = 0

    async def run(self, attempts: Attempts) -> None:
        while self._size is None or self._received < self._size:
            before = self._received
            try:
                await self._fetch()
            except ZerokerfError as error:
                if self._received > before:
                    attempts.progressed()
                await attempts.failed(error)
        await asyncio.to_thread(self._part.flush)
        found = self._hash.hexdigest()
        if self._file.sha256 is not None and found != self._file.sha256:
            raise ChecksumMismatch(self._file.name, self._file.sha256, found)

    async def _fetch(self) -> None:
        """Take what one request gives. Raises Unavailable if it is less than everything."""
        headers = {"accept-encoding": "identity"}
        if self._received and self._file.sha256 is not None:
            headers["range"] = f"bytes={self._received}-"
        try:
            async with self._http.stream("GET", self._file.url, headers=headers) as response:
                await self._take(response)
        except httpx.HTTPError as error:
            raise Unavailable("The download") from error

    async def _take(self, response: httpx.Response) -> None:
        self._check(response)
        size = _size_of(response) if self._file.size is None else self._file.size
        self._size = size
        async for chunk in response.aiter_raw(CHUNK_BYTES):
            await self._keep(chunk, size)
            if self._received > size:
                return
        if self._received < size:
            raise Unavailable("The download")

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status >= 500 or status in {408, 425, 429}:
            raise Unavailable("The download")
        if status not in {200, 206}:
            raise LinkRefused(self._file.name, status)
        if status == 200 and self._received:
            self._start_over()

    def _start_over(self) -> None:
        self._part.seek(0)
        self._part.truncate()
        self._hash = hashlib.sha256()
        self._received = 0

    async def _keep(self, chunk: bytes, size: int) -> None:
        await asyncio.to_thread(self._write, chunk)
        self._received += len(chunk)
        self._furthest = max(self._furthest, self._received)
        self._on_progress(min(self._furthest, size), size)

    def _write(self, chunk: bytes) -> None:
        self._part.write(chunk)
        self._hash.update(chunk)


def _size_of(response: httpx.Response) -> int:
    """Raises Unavailable: nobody could tell whether an answer of unknown length is whole."""
    length = response.headers.get("content-length", "")
    if not length.isdecimal():
        raise Unavailable("The download")
    return int(length)


def _safe_name(name: str, otherwise: str) -> str:
    """The last part, which cannot leave the folder that it is put into."""
    last = name.replace("\\", "/").rpartition("/")[2].replace("\0", "")
    return last if last.strip(". ") else otherwise


def _open_part(target: Path) -> BinaryIO:
    return target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex[:12]}.part").open("xb")
