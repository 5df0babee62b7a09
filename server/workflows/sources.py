"""Brings what a client named into scratch: a URL by the guarded downloader, or an upload."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from server.fetch.download import download
from server.fetch.guard import AddressPolicy
from server.fetch.limits import FetchLimits
from server.jobs.model import SourceFacts
from server.uploads.uploads import Uploads
from zerokerf.errors import FileTooLarge

#: Told the bytes done so far and, where it is known, how many there are in all.
OnFetched = Callable[[int, int | None], None]


class Located(Protocol):
    """A request that names its source in one of two ways."""

    @property
    def source_url(self) -> str | None: ...
    @property
    def upload_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """Where sources come from. One value serves every job of a worker."""

    uploads: Uploads
    policy: AddressPolicy
    limits: FetchLimits

    def up_to(self, max_bytes: int) -> "Sources":
        """The same, for sources that may not be larger."""
        limits = replace(self.limits, max_bytes=min(max_bytes, self.limits.max_bytes))
        return replace(self, limits=limits)

    async def into_scratch(
        self, account_id: str, request: Located, path: Path, on_fetched: OnFetched
    ) -> SourceFacts:
        """Raises DownloadFailed, FileTooLarge, UploadNotFound, UploadIncomplete."""
        if request.upload_id is not None:
            return await self._upload_into_scratch(account_id, request.upload_id, path, on_fetched)
        got = await download(
            request.source_url or "", path, policy=self.policy, limits=self.limits, on_progress=on_fetched
        )
        return SourceFacts(file_name=got.file_name, size_bytes=got.size_bytes, sha256=got.sha256)

    async def upload_chunks(
        self, account_id: str, upload_id: str, on_fetched: OnFetched
    ) -> AsyncIterator[bytes]:
        """Raises FileTooLarge before more than the limit has been read."""
        upload = await self.uploads.get(account_id, upload_id)
        done_bytes = 0
        async for chunk in self.uploads.read(account_id, upload_id):
            done_bytes += len(chunk)
            if done_bytes > self.limits.max_bytes:
                raise FileTooLarge(self.limits.max_bytes)
            on_fetched(done_bytes, upload.committed_size)
            yield chunk

    async def _upload_into_scratch(
        self, account_id: str, upload_id: str, path: Path, on_fetched: OnFetched
    ) -> SourceFacts:
        upload = await self.uploads.get(account_id, upload_id)
        digest, size_bytes = hashlib.sha256(), 0
        with await asyncio.to_thread(path.open, "wb", 0) as file:
            async for chunk in self.upload_chunks(account_id, upload_id, on_fetched):
                await asyncio.to_thread(file.write, chunk)
                await asyncio.to_thread(digest.update, chunk)
                size_bytes += len(chunk)
        return SourceFacts(file_name=upload.file_name, size_bytes=size_bytes, sha256=digest.hexdigest())
