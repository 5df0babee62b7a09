"""One upload in parts. Whatever goes wrong, it ends as a whole object or as nothing."""

import base64
import hashlib
from urllib.parse import quote
from xml.etree import ElementTree as Xml

from minio import Minio
from minio.error import S3Error
from minio.helpers import DictType

from zerokerf.errors import Unavailable

PART_BYTES = 16 << 20
MAX_PARTS = 10_000


class MultipartUpload:
    """Every method blocks. Parts may be sent side by side."""

    def __init__(self, client: Minio, bucket: str, name: str) -> None:
        self._client = client
        self._bucket = bucket
        self._name = name
        self._id: str | None = None
        self._etags: dict[int, str] = {}
        self._size_bytes = 0

    def begin(self, content_type: str) -> None:
        headers: DictType = {"Content-Type": content_type}
        self._id = self._client._create_multipart_upload(self._bucket, self._name, headers)  # noqa: SLF001  no public call sends parts as they come

    def send(self, number: int, part: bytes, *, is_checked: bool = True) -> None:
        # Over plain http the library lets nobody verify the body.
        headers: DictType = {"Content-MD5": _md5(part)} if is_checked else {}
        etag = self._client._upload_part(self._bucket, self._name, part, headers, self._upload_id(), number)  # noqa: SLF001  as above
        self._etags[number] = etag

    def copy(self, number: int, source: str, offset: int, size_bytes: int, source_etag: str) -> None:
        """A part that the server takes from another object, `bucket/name`, unless that has changed."""
        headers: DictType = {
            "x-amz-copy-source": quote(f"/{source}"),
            "x-amz-copy-source-range": f"bytes={offset}-{offset + size_bytes - 1}",
            "x-amz-copy-source-if-match": f'"{source_etag}"',
        }
        try:
            etag, _ = self._client._upload_part_copy(  # noqa: SLF001  as above
                self._bucket, self._name, self._upload_id(), number, headers
            )
        except ValueError as error:  # S3 may say 200 first and find out later that it failed
            raise Unavailable("The object store") from error
        self._etags[number] = etag

    def complete(self, *, if_absent: bool) -> str:
        """The ETag of the object, which exists from now on."""
        try:
            etag = self._complete(if_absent=if_absent)
        except S3Error as error:
            if error.code != "NoSuchUpload" or not self._is_there():
                raise
            etag = self._expected_etag()  # it was done before, only the reply got lost
        self._id = None
        return etag

    def abort(self) -> None:
        if self._id is not None:
            self._client._abort_multipart_upload(self._bucket, self._name, self._id)  # noqa: SLF001  as above

    def _upload_id(self) -> str:
        if self._id is None:
            raise RuntimeError("the upload has not begun, or is over")
        return self._id

    def _complete(self, *, if_absent: bool) -> str:
        body = self._part_list()
        headers: DictType = {
            "Content-Type": "application/xml",
            "Content-MD5": _md5(body),
        }
        if if_absent:
            headers["If-None-Match"] = "*"
        response = self._client._execute(  # noqa: SLF001  the library's own call cannot be made conditional
            "POST", self._bucket, self._name, body, headers, {"uploadId": self._upload_id()}
        )
        etag = Xml.fromstring(response.data).findtext("{*}ETag")  # noqa: S314  from our own store; Python's parser loads nothing from outside
        if not etag:  # S3 may say 200 first and find out later that it failed
            raise Unavailable("The object store")
        return etag.replace('"', "")

    def _part_list(self) -> bytes:
        root = Xml.Element("CompleteMultipartUpload", xmlns="http://s3.amazonaws.com/doc/2006-03-01/")
        for number, etag in sorted(self._etags.items()):
            part = Xml.SubElement(root, "Part")
            Xml.SubElement(part, "PartNumber").text = str(number)
            Xml.SubElement(part, "ETag").text = f'"{etag}"'
        return Xml.tostring(root)

    def _is_there(self) -> bool:
        try:
            found = self._client.stat_object(self._bucket, self._name)
        except S3Error as error:
            if error.code == "NoSuchKey":
                return False
            raise
        return found.etag == self._expected_etag()

    def _expected_etag(self) -> str:
        try:
            digests = [bytes.fromhex(etag) for _, etag in sorted(self._etags.items())]
        except ValueError:
            return "unknown"
        joined = hashlib.md5(b"".join(digests), usedforsecurity=False).hexdigest()
        return f"{joined}-{len(digests)}"


def _md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
