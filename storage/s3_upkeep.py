"""What a bucket needs besides its objects: to exist, to be writable, and to be rid of uploads nobody ends."""

from datetime import datetime

from minio import Minio
from minio.error import S3Error

# No key of the grammar, so it is never listed among objects.
_PROBE = "~readiness"
# Somebody else made the bucket just now, or it exists and we lack the right to look at it.
_THERE = frozenset({"AccessDenied", "BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


def make_bucket(client: Minio, bucket: str, region: str) -> None:
    """Create the bucket if it is missing."""
    try:
        if not client.bucket_exists(bucket):
            client.make_bucket(bucket, region)
    except S3Error as error:
        if error.code not in _THERE:
            raise


def write_probe(client: Minio, bucket: str, prefix: str) -> None:
    """Raises what keeps us from writing."""
    client._put_object(bucket, prefix + _PROBE, b"?")  # noqa: SLF001  the public call wants a stream
    client.remove_object(bucket, prefix + _PROBE)


def abort_uploads(client: Minio, bucket: str, prefix: str, before: datetime) -> int:
    """Abort uploads in parts that began before then; tells how many."""
    aborted, marker, more = 0, None, True
    while more:
        page = client._list_multipart_uploads(bucket, prefix=prefix, key_marker=marker)  # noqa: SLF001  no public call lists them
        for upload in page.uploads:
            if upload.upload_id and upload.initiated_time and upload.initiated_time < before:
                client._abort_multipart_upload(bucket, upload.object_name, upload.upload_id)  # noqa: SLF001  as above
                aborted += 1
        marker, more = page.next_key_marker, page.is_truncated
    return aborted
