"""Copies bytes from file to file, inside the kernel where it can, and compares them."""

import errno
import os
from collections.abc import Sequence

from zerokerf.errors import CorruptFile

_CHUNK_BYTES = 1 << 20
_COMPARED_BYTES = 1 << 17  # stays in the processor's cache
_MOST_PARTS = 1024  # IOV_MAX
_REFUSED = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF})


def copy_range(source: int, target: int, offset: int, size_bytes: int) -> None:
    """Appends a range to where `target` stands. Both are descriptors; that of the source does not move.

    Raises CorruptFile when the source has become shorter.
    """
    end = offset + size_bytes
    offset = _copy_in_kernel(source, target, offset, end)
    while offset < end:
        chunk = os.pread(source, min(_CHUNK_BYTES, end - offset), offset)
        if not chunk:
            raise CorruptFile("it became shorter while it was being cut.")
        write_all(target, chunk)
        offset += len(chunk)


def is_same_range(one: int, other: int, offset: int, other_offset: int, size_bytes: int) -> bool:
    """Whether two files hold the same bytes there. Both are descriptors, which do not move."""
    for at in range(0, size_bytes, _COMPARED_BYTES):
        wanted = min(_COMPARED_BYTES, size_bytes - at)
        data = os.pread(one, wanted, offset + at)
        if len(data) != wanted or data != os.pread(other, wanted, other_offset + at):
            return False
    return True


def write_all(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


def write_parts(target: int, parts: Sequence[bytes | memoryview]) -> None:
    """As many at once as the system takes."""
    for first in range(0, len(parts), _MOST_PARTS):
        some = parts[first : first + _MOST_PARTS]
        left = sum(map(len, some)) - os.writev(target, some)
        if left:
            write_all(target, b"".join(some)[-left:])


def _copy_in_kernel(source: int, target: int, offset: int, end: int) -> int:
    """How far it got: to the end, or to where the file systems involved refuse."""
    try:
        while offset < end and (copied := os.copy_file_range(source, target, end - offset, offset)):
            offset += copied
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
    return offset
