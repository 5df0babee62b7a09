"""Ways through a folder that cannot be led out of it: every step by descriptor, no step through a link."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from zerokerf.errors import (
    InvalidObjectKey,
    ObjectExists,
    ObjectNotFound,
    StorageDenied,
    StorageFull,
    Unavailable,
    ZerokerfError,
)

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# O_NONBLOCK: opening a pipe that somebody planted must not wait for its writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class FileEntry:
    key: str
    status: os.stat_result


@contextmanager
def descend(root: Path, parents: Sequence[str], *, create: bool = False) -> Iterator[int]:
    """A descriptor of the folder below the root, which itself may be reached through a link."""
    fd = os.open(root, _FOLDER)
    try:
        for name in parents:
            if create:
                _make_folder(name, fd)
            child = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=fd)
            os.close(fd)
            fd = child
        yield fd
    finally:
        os.close(fd)


def _make_folder(name: str, parent_fd: int) -> None:
    with suppress(FileExistsError):
        os.mkdir(name, 0o750, dir_fd=parent_fd)
        os.fsync(parent_fd)


def open_file(root: Path, key: str) -> int:
    """A descriptor for reading. Raises OSError, also for anything that is not a regular file."""
    *parents, name = key.split("/")
    with descend(root, parents) as folder_fd:
        fd = os.open(name, _FILE, dir_fd=folder_fd)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise FileNotFoundError(errno.ENOENT, "not a regular file")
    return fd


def place(root: Path, draft: Path, key: str, *, if_absent: bool) -> None:
    """Move a finished file to its key in one step, and make that last."""
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):  # a clean-up took the folder away just now
            return _place_once(root, draft, key, if_absent=if_absent)
    raise FileNotFoundError(errno.ENOENT, "the folder or the draft vanished")


def _place_once(root: Path, draft: Path, key: str, *, if_absent: bool) -> None:
    *parents, name = key.split("/")
    with descend(root, parents, create=True) as fd:
        if if_absent:
            os.link(draft, name, dst_dir_fd=fd, follow_symlinks=False)
        else:
            os.rename(draft, name, dst_dir_fd=fd)
        os.fsync(fd)


def walk(root: Path, parents: Sequence[str]) -> Iterator[FileEntry]:
    """Regular files below a folder in key order; nothing if there is no such folder."""
    for name, status in _entries(root, parents):
        path = [*parents, name]
        if stat.S_ISDIR(status.st_mode):
            yield from walk(root, path)
        elif stat.S_ISREG(status.st_mode):
            yield FileEntry("/".join(path), status)


def _entries(root: Path, parents: Sequence[str]) -> list[tuple[str, os.stat_result]]:
    found: list[tuple[str, os.stat_result]] = []
    with suppress(FileNotFoundError, NotADirectoryError), descend(root, parents) as fd:
        for name in os.listdir(fd):  # noqa: PTH208  pathlib knows no descriptors
            if name.startswith("."):
                continue
            with suppress(FileNotFoundError):
                found.append((name, os.stat(name, dir_fd=fd, follow_symlinks=False)))
    # In key order `a.wav` comes before what lies in folder `a`, because "." sorts before "/".
    return sorted(found, key=lambda entry: entry[0] + "/" * stat.S_ISDIR(entry[1].st_mode))


def remove(root: Path, key: str) -> None:
    """Unlinks the file, if it is there, and the folders that this leaves empty."""
    *parents, name = key.split("/")
    with suppress(FileNotFoundError, NotADirectoryError), descend(root, parents) as fd:
        os.unlink(name, dir_fd=fd)
    with suppress(OSError):  # a folder that is not empty, or gone already, ends it
        while parents:
            name = parents.pop()
            with descend(root, parents) as fd:
                os.rmdir(name, dir_fd=fd)


_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_PLACE = frozenset({errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENOTEMPTY})


@contextmanager
def reading(key: str) -> Iterator[None]:
    """Says in our words why a file could not be read."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_PLACE | {errno.ENOENT}:
            raise ObjectNotFound(key) from error
        raise _of_the_store(error) from error


@contextmanager
def writing(key: str) -> Iterator[None]:
    """Says in our words why a file could not be written or removed."""
    try:
        yield
    except FileExistsError as error:
        raise ObjectExists(key) from error
    except OSError as error:
        if error.errno in _NO_PLACE:
            raise InvalidObjectKey(key) from error
        raise _of_the_store(error) from error


def _of_the_store(error: OSError) -> ZerokerfError:
    if error.errno in _REFUSED:
        return StorageDenied()
    if error.errno in _FULL:
        return StorageFull()
    return Unavailable("The object store")
