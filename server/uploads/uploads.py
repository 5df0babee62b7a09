"""What clients and workers do with uploads: records and stored bytes together."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

from server.database.clock import Clock, utc_now
from server.database.ids import Prefix, new_id
from server.database.open import Database
from server.uploads.model import Part, Purpose, Upload
from server.uploads.pieces import limited, pieces
from server.uploads.records import UploadRecords
from storage.interface import ObjectStore, UrlSigner
from storage.keys import upload_data_key, upload_part_key, upload_prefix
from zerokerf.errors import (
    FileTooLarge,
    ObjectNotFound,
    UploadComplete,
    UploadIncomplete,
    UploadOffsetMismatch,
)

PART_BYTES = 8 * 2**20
LINK_LIVES = timedelta(hours=1)
_ANY_TYPE = "application/octet-stream"


class Uploads:
    """An upload's bytes are one object that was PUT, or parts that were written. Shared by many tasks."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        signer: UrlSigner,
        max_bytes: int,
        clock: Clock = utc_now,
        part_bytes: int = PART_BYTES,
        link_lives: timedelta = LINK_LIVES,
    ) -> None:
        self._records = UploadRecords(database)
        self._store = store
        self._signer = signer
        self._max_bytes = max_bytes
        self._clock = clock
        self._part_bytes = part_bytes
        self._link_lives = link_lives

    async def create(
        self,
        account_id: str,
        file_name: str,
        content_type: str,
        size: int | None = None,
        request_id: str | None = None,
        purpose: Purpose | None = None,
        most_bytes: int | None = None,
    ) -> Upload:
        """With a fresh link, for `most_bytes` if that is less than the service takes.

        Safe to repeat with a request id. Raises FileTooLarge, IdempotencyConflict.
        """
        limit = self._limit(most_bytes)
        if size is not None and size > limit:
            raise FileTooLarge(limit, size)
        upload = Upload(
            new_id(Prefix.UPLOAD),
            account_id,
            file_name,
            content_type or _ANY_TYPE,
            self._clock(),
            job_id=purpose.job_id if purpose else None,
        )
        upload = await self._records.create(upload, size, request_id, purpose.asked if purpose else {})
        link = await self._signer.sign_put(
            upload_data_key(account_id, upload.id),
            self._link_lives,
            content_type=upload.content_type,
            max_size=limit,
        )
        return replace(upload, link=link)

    async def is_repeat(self, account_id: str, request_id: str) -> bool:
        """Whether this request has made an upload already."""
        return await self._records.is_known(account_id, request_id, self._clock())

    async def take_in(
        self,
        account_id: str,
        file_name: str,
        content_type: str,
        chunks: AsyncIterator[bytes],
        most_bytes: int | None = None,
    ) -> Upload:
        """A complete upload of all the chunks; no bytes stay of one that breaks. Raises FileTooLarge."""
        upload = await self.create(account_id, file_name, content_type)
        try:
            upload = await self.write(account_id, upload.id, 0, True, chunks, most_bytes)
        finally:
            if not upload.complete:
                await self.discard(account_id, upload.id)
        return upload

    async def discard(self, account_id: str, upload_id: str) -> None:
        """Remove the bytes, which nobody will read. Safe to repeat."""
        # The record stays until it expires: by the link for it, bytes may still come that must not stay.
        await self._store.delete_prefix(upload_prefix(account_id, upload_id))

    async def get(self, account_id: str, upload_id: str) -> Upload:
        """As it stands, whichever way the bytes came. Raises UploadNotFound."""
        upload = await self._records.find(account_id, upload_id)
        if upload.complete or upload.committed_size:
            return upload
        try:
            info = await self._store.head(upload_data_key(account_id, upload_id))
        except ObjectNotFound:
            return upload
        return replace(upload, committed_size=info.size, complete=True)

    async def require_complete(self, account_id: str, upload_id: str) -> Upload:
        """Raises UploadNotFound, UploadIncomplete, or FileTooLarge if the link did not enforce the limit."""
        upload = await self.get(account_id, upload_id)
        if not upload.complete:
            raise UploadIncomplete(upload_id)
        if upload.committed_size > self._max_bytes:
            raise FileTooLarge(self._max_bytes, upload.committed_size)
        return upload

    async def write(
        self,
        account_id: str,
        upload_id: str,
        offset: int,
        finish: bool,
        chunks: AsyncIterator[bytes],
        most_bytes: int | None = None,
    ) -> Upload:
        """Commit the chunks piece by piece; all of them, once the stream has ended without an error.

        Raises UploadNotFound, UploadComplete, UploadOffsetMismatch (also when another writer was quicker)
        and FileTooLarge. What was committed before stays.
        """
        upload = await self.get(account_id, upload_id)
        if upload.complete:
            raise UploadComplete(upload_id)
        if offset != upload.committed_size:
            raise UploadOffsetMismatch(upload_id, upload.committed_size, offset)
        limit = self._limit(most_bytes)
        async with (
            aclosing(limited(chunks, limit - offset, FileTooLarge(limit))) as accepted,
            aclosing(pieces(accepted, self._part_bytes)) as parts,
        ):
            async for data in parts:
                await self._commit(upload, offset, data)
                offset += len(data)
        if finish:
            await self._records.finish(upload_id, offset)
        return replace(upload, committed_size=offset, complete=finish)

    async def read(self, account_id: str, upload_id: str) -> AsyncGenerator[bytes, None]:
        """The bytes of a complete upload, in order. Raises as `require_complete`, before the first chunk."""
        await self.require_complete(account_id, upload_id)
        for key in await self._keys(account_id, upload_id):
            async for chunk in self._store.get(key):
                yield chunk

    def _limit(self, most_bytes: int | None) -> int:
        return self._max_bytes if most_bytes is None else min(self._max_bytes, most_bytes)

    async def _commit(self, upload: Upload, offset: int, data: bytes) -> None:
        """The object first, its record after it: what is recorded is stored."""
        number = await self._records.begin_part(upload.id, offset)
        key = upload_part_key(upload.account_id, upload.id, number)
        await self._store.put(key, data, content_type=_ANY_TYPE)
        try:
            await self._records.commit_part(upload.id, Part(offset, len(data), number))
        except UploadOffsetMismatch:
            await self._store.delete(key)
            raise

    async def _keys(self, account_id: str, upload_id: str) -> list[str]:
        recorded = await self._records.find(account_id, upload_id)
        if not recorded.complete:
            return [upload_data_key(account_id, upload_id)]
        parts = await self._records.parts(upload_id)
        return [upload_part_key(account_id, upload_id, part.number) for part in parts]
