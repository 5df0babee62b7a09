"""One object being read from S3, going on where a broken connection left off."""

from contextlib import suppress

from minio import Minio
from minio.helpers import DictType
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from storage.blocks import CHUNK_BYTES

_RESUMES = 3


class Download:
    """Every method but `interrupt` blocks; closing does not once all is read. Closing is always right, also
    before opening."""

    def __init__(self, client: Minio, bucket: str, name: str, offset: int, length: int | None) -> None:
        self._client = client
        self._bucket = bucket
        self._name = name
        self._offset = offset
        self._left = length
        self._etag: str | None = None
        self._response: BaseHTTPResponse | None = None
        self._interrupted = False

    @property
    def is_done(self) -> bool:
        """All of it has been read."""
        return self._left == 0

    def open(self) -> BaseHTTPResponse:
        headers: DictType = {"If-Match": f'"{self._etag}"'} if self._etag else {}
        self._response = response = self._client.get_object(
            self._bucket, self._name, self._offset, self._left or 0, request_headers=headers
        )
        self._left = int(response.headers["content-length"])
        self._etag = response.headers.get("etag", "").replace('"', "")
        return response

    def read(self) -> bytes:
        """The next chunk; empty at the end."""
        for _ in range(_RESUMES):
            try:
                return self._read()
            except (HTTPError, OSError):
                self.close()
                if self._interrupted:
                    raise
        return self._read()

    def _read(self) -> bytes:
        if self._left == 0:
            return b""
        response = self._response or self.open()
        chunk = response.read(CHUNK_BYTES)
        if not chunk:
            raise HTTPError("the body ended early")
        self._offset += len(chunk)
        self._left = (self._left or 0) - len(chunk)
        return chunk

    def interrupt(self) -> None:
        """Wakes a thread that waits for bytes. Called from another one."""
        self._interrupted = True
        if self._response is not None:
            with suppress(ValueError, RuntimeError, OSError):  # not connected any more
                self._response.shutdown()

    def close(self) -> None:
        if self._response is not None:
            if not self.is_done:  # what is still to come would be taken for the next answer
                self._response.close()
            self._response.release_conn()
            self._response = None
