"""What transcription jobs need to know of uploads."""

from typing import Protocol


class FinishedUpload(Protocol):
    @property
    def committed_size(self) -> int: ...
    @property
    def job_id(self) -> str | None:
        """What the job is to be called that the upload was made for."""
        ...


class BatchUploads(Protocol):
    async def require_complete(self, account_id: str, upload_id: str) -> FinishedUpload:
        """Raises UploadNotFound, UploadIncomplete while bytes are missing, or FileTooLarge."""
        ...

    async def discard(self, account_id: str, upload_id: str) -> None:
        """Remove the bytes, which no other job will read. Safe to repeat."""
        ...
