"""Says in our words what an S3 server, the way to it or the credentials did wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError

from zerokerf.errors import (
    InternalError,
    InvalidObjectKey,
    ObjectDamaged,
    ObjectExists,
    ObjectNotFound,
    ObjectRangeInvalid,
    StorageDenied,
    StorageFull,
    Unavailable,
    ZerokerfError,
)

_DENIED = frozenset(
    {
        "AccessDenied",
        "AccountProblem",
        "AllAccessDisabled",
        "AuthorizationHeaderMalformed",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)
_DAMAGED = frozenset(
    {
        "BadDigest",
        "IncompleteBody",
        "InvalidDigest",
        "XAmzContentChecksumMismatch",
        "XAmzContentSHA256Mismatch",
    }
)
_FULL = frozenset({"EntityTooLarge", "QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"})
_PASSING = frozenset(
    {
        "ConditionalRequestConflict",
        "NoSuchBucket",
        "NoSuchUpload",
        "OperationAborted",
        "RequestTimeTooSkewed",
        "RequestTimeout",
        "SlowDown",
    }
)
#: S3 servers refuse requests that are signed a quarter of an hour off; one of the clocks will be set right.
_CLOCKS_APART = timedelta(minutes=14)


@contextmanager
def reading(key: str, offset: int = 0) -> Iterator[None]:
    began = datetime.now(UTC)
    try:
        yield
    except (MinioException, HTTPError, OSError, ParseError, ValueError) as error:
        if status_of(error) == 412:
            raise ObjectDamaged(key) from error  # another object took the place while we read
        raise _translated(error, key, began, offset) from error


@contextmanager
def writing(key: str) -> Iterator[None]:
    began = datetime.now(UTC)
    try:
        yield
    except (MinioException, HTTPError, OSError, ParseError, ValueError) as error:
        raise _translated(error, key, began) from error


def _translated(error: Exception, key: str, began: datetime, offset: int = 0) -> ZerokerfError:
    if isinstance(error, S3Error):
        known = _of_clocks(error, began) or (of_code(error.code, key) if error.code is not None else None)
        if known is not None:
            return known
    if isinstance(error, MinioException):
        return _of_status(status_of(error), key, offset)
    if isinstance(error, ValueError):  # how the library says that it found no credentials
        return StorageDenied()
    return Unavailable("The object store")


def of_code(code: str, key: str) -> ZerokerfError | None:
    """None for a code that says no more than the status does."""
    if code in _DENIED:
        return StorageDenied()
    if code in _DAMAGED:
        return ObjectDamaged(key)
    if code in _FULL:
        return StorageFull()
    if code in _PASSING:
        return Unavailable("The object store")
    if code == "KeyTooLongError":
        return InvalidObjectKey(key)
    return None


def _of_clocks(error: S3Error, began: datetime) -> ZerokerfError | None:
    """An answer without a body says nothing of why it refuses, but it says what time it is there. One that
    does not has been cut off (RFC 9110, section 6.6.1)."""
    if status_of(error) != 403:
        return None
    try:
        there = parsedate_to_datetime(error.response.headers.get("Date", "")).astimezone(UTC)
    except ValueError:
        return Unavailable("The object store")
    # A clock may have been set right between the request and its answer.
    is_off = any(abs(here - there) > _CLOCKS_APART for here in (began, datetime.now(UTC)))
    return Unavailable("The object store") if is_off else None


def _of_status(status: int, key: str, offset: int) -> ZerokerfError:
    by_status: dict[int, ZerokerfError] = {
        401: StorageDenied(),
        403: StorageDenied(),
        404: ObjectNotFound(key),
        408: Unavailable("The object store"),
        412: ObjectExists(key),
        413: StorageFull(),
        416: ObjectRangeInvalid(key, offset),
        429: Unavailable("The object store"),
        507: StorageFull(),
    }
    if 400 <= status < 500:  # we asked wrongly, and asking again will not help
        return by_status.get(status, InternalError())
    return by_status.get(status, Unavailable("The object store"))


def status_of(error: Exception) -> int:
    """The HTTP status of the answer; 0 if there was none."""
    if isinstance(error, S3Error):
        return error.response.status
    if isinstance(error, ServerError):
        return error.status_code
    if isinstance(error, InvalidResponseError):
        return error._code  # noqa: SLF001  the library offers no other way to it
    return 0
