"""Takes writing from the calling thread and all that it starts, but below one folder: Linux's Landlock."""

import ctypes
import os
import platform
import struct
from contextlib import suppress
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same on every machine
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_PR_SET_NO_NEW_PRIVS = 38

_WRITE_FILE = 1 << 1
_REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_TCP = 0b11
_SCOPES = 0b11  # sockets without a file, and signals to processes outside


def write_only_below(folder: Path | None) -> bool:
    """From now on, nothing is written, made or removed elsewhere. False where the system can't promise it."""
    if platform.system() != "Linux":
        return False
    libc = ctypes.CDLL(None)
    version = libc.syscall(_CREATE, None, 0, _VERSION_FLAG)
    if version < 1:
        return False
    handled = _handled(version)
    attributes = struct.pack("=QQQ", handled, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = libc.syscall(_CREATE, attributes, size, 0)
    if rules < 0:
        return False
    try:
        if folder is not None:
            _allow(libc, rules, folder, handled)
        with suppress(OSError):
            _allow(libc, rules, Path(os.devnull), handled & (_WRITE_FILE | _TRUNCATE))
        is_set = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        return bool(is_set and libc.syscall(_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _handled(version: int) -> int:
    writing = _WRITE_FILE | _REMOVE_AND_MAKE
    if version >= 2:
        writing |= _REFER
    return writing | _TRUNCATE if version >= 3 else writing


def _allow(libc: ctypes.CDLL, rules: int, path: Path, access: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", access, place), 0)
    finally:
        os.close(place)
