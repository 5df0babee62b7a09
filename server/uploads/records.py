"""The records of uploads: what was declared, and which parts are safely stored."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import RowMapping, Update, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.ids import Prefix, is_id, shown
from server.database.inserting import insert_into
from server.database.open import Database
from server.database.repeats import REMEMBERED_FOR, fingerprint, forget_request, request_key
from server.database.tables import upload_parts, uploads
from server.uploads.model import Part, Upload
from zerokerf.errors import IdempotencyConflict, UploadNotFound, UploadOffsetMismatch


class UploadRecords:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        upload: Upload,
        declared_size: int | None,
        request_id: str | None,
        asked: Mapping[str, object] = MappingProxyType({}),
    ) -> Upload:
        """The upload, or the first one that this account made with the same request id.

        Raises IdempotencyConflict if that one was declared otherwise, or something else was asked with it.
        """
        declared: dict[str, object] = {
            "file_name": upload.file_name,
            "content_type": upload.content_type,
            "size": declared_size,
        }
        columns = {
            "id": upload.id,
            "account_id": upload.account_id,
            "request_key": request_key(request_id),
            "fingerprint": fingerprint({**asked, **declared}),
            "declared": declared | ({"job_id": upload.job_id} if upload.job_id else {}),
            "committed_size": 0,
            "last_part": 0,
            "complete": False,
            "created_at": upload.created_at,
        }
        async with self._database.writing() as connection:
            key = request_key(request_id)
            await forget_request(connection, uploads, upload.account_id, key, upload.created_at)
            once = insert_into(uploads, connection).on_conflict_do_nothing(
                index_elements=["account_id", "request_key"]
            )
            if (await connection.execute(once.values(columns))).rowcount:
                return upload
            mine = uploads.c.account_id == upload.account_id, uploads.c.request_key == columns["request_key"]
            earlier = (await connection.execute(select(uploads).where(*mine))).mappings().one()
        if earlier["fingerprint"] != columns["fingerprint"]:
            raise IdempotencyConflict(request_id or "")
        return _upload_of(earlier)

    async def is_known(self, account_id: str, request_id: str, now: datetime) -> bool:
        """Whether this account made an upload with the request id, and that still stands for it."""
        if not request_id:
            return False
        mine = uploads.c.account_id == account_id, uploads.c.request_key == request_key(request_id)
        recent = uploads.c.created_at >= now - REMEMBERED_FOR
        async with self._database.reading() as connection:
            return bool(await connection.scalar(select(exists().where(*mine, recent))))

    async def find(self, account_id: str, upload_id: str) -> Upload:
        """Raises UploadNotFound, also for another account's upload and for what cannot be an id."""
        if not is_id(Prefix.UPLOAD, upload_id):
            raise UploadNotFound(shown(upload_id))
        query = select(uploads).where(uploads.c.id == upload_id, uploads.c.account_id == account_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise UploadNotFound(upload_id)
        return _upload_of(row)

    async def parts(self, upload_id: str) -> tuple[Part, ...]:
        """In the order of their bytes."""
        query = select(upload_parts).where(upload_parts.c.upload_id == upload_id)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(upload_parts.c.first_byte))
            return tuple(Part(row.first_byte, row.size_bytes, row.number) for row in rows)

    async def begin_part(self, upload_id: str, first_byte: int) -> int:
        """A number that no other part of the upload has or will have. Raises UploadOffsetMismatch."""
        taken = _open_at(upload_id, first_byte).values(last_part=uploads.c.last_part + 1)
        async with self._database.writing() as connection:
            number: int | None = await connection.scalar(taken.returning(uploads.c.last_part))
            if number is None:
                raise await _mismatch(connection, upload_id, first_byte)
            return number

    async def commit_part(self, upload_id: str, part: Part) -> None:
        """Of several parts that begin at one byte, the first to be committed wins.

        The others get UploadOffsetMismatch, and their objects are nobody's.
        """
        grown = _open_at(upload_id, part.first_byte).values(committed_size=part.first_byte + part.size_bytes)
        columns = {name: getattr(part, name) for name in Part.__slots__}
        async with self._database.writing() as connection:
            if not (await connection.execute(grown)).rowcount:
                raise await _mismatch(connection, upload_id, part.first_byte)
            await connection.execute(insert(upload_parts).values(upload_id=upload_id, **columns))

    async def finish(self, upload_id: str, size_bytes: int) -> None:
        """Raises UploadOffsetMismatch when the file is not of that size any more."""
        async with self._database.writing() as connection:
            if not (await connection.execute(_open_at(upload_id, size_bytes).values(complete=True))).rowcount:
                raise await _mismatch(connection, upload_id, size_bytes)


def _open_at(upload_id: str, committed_size: int) -> Update:
    """Changes the upload only if it is still open and ends at that byte."""
    return update(uploads).where(
        uploads.c.id == upload_id,
        uploads.c.committed_size == committed_size,
        uploads.c.complete.is_(False),
    )


async def _mismatch(connection: AsyncConnection, upload_id: str, offset: int) -> UploadOffsetMismatch:
    committed = await connection.scalar(select(uploads.c.committed_size).where(uploads.c.id == upload_id))
    return UploadOffsetMismatch(upload_id, committed or 0, offset)


def _upload_of(row: RowMapping) -> Upload:
    return Upload(
        id=row["id"],
        account_id=row["account_id"],
        file_name=row["declared"]["file_name"],
        content_type=row["declared"]["content_type"],
        created_at=row["created_at"],
        committed_size=row["committed_size"],
        complete=row["complete"],
        job_id=row["declared"].get("job_id"),
    )
