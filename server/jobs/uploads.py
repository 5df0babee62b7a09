"""What jobs need to know of uploads."""

from typing import Protocol


class FinishedUploads(Protocol):
    async def require_complete(self, account_id: str, upload_id: str) -> object:
        """Raises UploadNotFound, or UploadIncomplete while bytes are missing."""
        ...
