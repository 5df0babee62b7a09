"""What jobs need to know of uploads."""

from typing import Protocol

from server.jobs.model import Terms
from zerokerf.errors import FileTooLarge


class FinishedUpload(Protocol):
    @property
    def committed_size(self) -> int: ...


class FinishedUploads(Protocol):
    async def require_complete(self, account_id: str, upload_id: str) -> FinishedUpload:
        """Raises UploadNotFound, or UploadIncomplete while bytes are missing."""
        ...


def check_size(upload: FinishedUpload, terms: Terms) -> None:
    """Raises FileTooLarge for more than the plan allows, before any work."""
    most = terms.max_source_bytes
    if most is not None and upload.committed_size > most:
        raise FileTooLarge(most, upload.committed_size)
