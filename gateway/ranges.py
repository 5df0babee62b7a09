"""Which part of a file a request asks for, by RFC 9110."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.IGNORECASE)


class UnsatisfiableError(Exception):
    """The range begins behind the end of the file."""


@dataclass(frozen=True, slots=True)
class Part:
    offset: int
    length: int


def wanted_part(headers: Mapping[str, str], size_bytes: int, etag: str, modified: datetime) -> Part | None:
    """None asks for the whole file: no range, several ranges, a malformed one, or one of another version.

    Raises UnsatisfiableError.
    """
    found = _RANGE.fullmatch(headers.get("range", ""))
    if found is None or not _same_version(headers.get("if-range"), etag, modified):
        return None
    first, last = found.groups()
    if not first:
        return _suffix(last, size_bytes)
    if last and int(last) < int(first):
        return None
    if int(first) >= size_bytes:
        raise UnsatisfiableError
    end = min(int(last) + 1, size_bytes) if last else size_bytes
    return Part(int(first), end - int(first))


def http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def is_known(headers: Mapping[str, str], etag: str) -> bool:
    """Whether the client says that it has this version already."""
    known = headers.get("if-none-match", "")
    return known.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in known.split(",")}


def _suffix(last: str, size_bytes: int) -> Part | None:
    if not last:
        return None
    length = min(int(last), size_bytes)
    if length == 0:
        raise UnsatisfiableError
    return Part(size_bytes - length, length)


def _same_version(condition: str | None, etag: str, modified: datetime) -> bool:
    return condition is None or condition.strip() in {etag, http_date(modified)}
