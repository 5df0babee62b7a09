"""Reads the head of an answer: refused, retried, whole, or the continuation of what we have. Pure rules."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from server.fetch.limits import Broken
from zerokerf.errors import DownloadFailed

_WORTH_RETRYING = frozenset({408, 425, 429, 500, 502, 503, 504})
_COMPRESSIONS = frozenset({"gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd"})
_CONTENT_RANGE = re.compile(rb"bytes +(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE)
_LONGEST_PAUSE_S = 30.0

Headers = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Version:
    """Which state of the source the bytes at hand belong to. `validator` is None if nothing can prove it."""

    validator: str | None
    total_bytes: int | None


def refuse_failures(status: int, headers: Headers) -> None:
    """Raises unless the answer carries content: Broken for what may pass, DownloadFailed for the rest."""
    if status in {200, 206, 416}:
        return
    why = f"the server answered {_named(status)}."
    if status in _WORTH_RETRYING:
        raise Broken(why, retry_after_s=_retry_after_s(headers.get("retry-after")), status=status)
    raise DownloadFailed(why, status=status)


def refuse_compressed(headers: Headers) -> None:
    stated = headers.get("content-encoding", b"").decode("latin-1").lower()
    used = sorted({token.strip() for token in stated.split(",")} & _COMPRESSIONS)
    if used:
        raise DownloadFailed(f"the server sent it compressed ({', '.join(used)}) although asked not to.")


def whole_version(headers: Headers) -> Version:
    length = headers.get("content-length", b"")
    is_stated = length.isdigit() and "transfer-encoding" not in headers
    total_bytes = int(length) if is_stated else None
    if headers.get("accept-ranges", b"").strip().lower() == b"none":
        return Version(None, total_bytes)
    return Version(_validator(headers), total_bytes)


def continues(headers: Headers, version: Version, have_bytes: int) -> bool:
    """Whether a 206 is what was asked for: the same version, from exactly the byte that comes next."""
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", b"").strip())
    if match is None or int(match[1]) != have_bytes or int(match[2]) < have_bytes:
        return False
    stated = None if match[3] == b"*" else int(match[3])
    same_size = stated is None or version.total_bytes is None or stated == version.total_bytes
    validator = _validator(headers)
    return same_size and (validator is None or validator == version.validator)


def _validator(headers: Headers) -> str | None:
    """A strong ETag, or a Last-Modified that is old enough to be one (RFC 9110, 8.8.2.2)."""
    etag = headers.get("etag", b"").strip()
    if len(etag) > 2 and etag.startswith(b'"') and etag.endswith(b'"') and etag.isascii():
        return etag.decode("ascii")
    modified, sent = _date(headers.get("last-modified")), _date(headers.get("date"))
    if modified is None or sent is None or (sent - modified).total_seconds() < 1:
        return None
    return headers["last-modified"].decode("ascii")


def _retry_after_s(value: bytes | None) -> float | None:
    if value is None:
        return None
    if value.strip().isdigit():
        return min(float(value[:9]), _LONGEST_PAUSE_S)
    date = _date(value)
    if date is None:
        return None
    return min(max((date - datetime.now(UTC)).total_seconds(), 0.0), _LONGEST_PAUSE_S)


def _date(value: bytes | None) -> datetime | None:
    if value is None:
        return None
    try:
        date = parsedate_to_datetime(value.decode("ascii"))
    except (ValueError, UnicodeError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _named(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)
