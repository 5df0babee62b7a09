"""Runs a program whose output is listened to as it comes, by a thread beside the event loop."""

import asyncio
import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import TypeVar

from server.media.run import Finished, RunLimits, run
from server.media.threads import in_thread

Heard = TypeVar("Heard")

_PIPE_BYTES = 1 << 20  # the program waits less often than with the usual 64 KiB
_SET_PIPE_BYTES = 1031  # Linux's F_SETPIPE_SZ, refused elsewhere


async def run_piped(
    argv: list[str], listen: Callable[[int, Event], Heard], *, folder: Path, limits: RunLimits
) -> tuple[Finished, Heard]:
    """`listen`, in its thread, reads that descriptor to its end, or until the event is set."""
    read_fd, write_fd = _wide_pipe()
    listening = asyncio.create_task(in_thread(listen, read_fd))
    try:
        try:
            finished = await run(argv, folder=folder, limits=limits, stdout_fd=write_fd)
        finally:
            os.close(write_fd)  # whoever listens now reaches the end
    finally:
        heard = await listening
        os.close(read_fd)
    return finished, heard


def _wide_pipe() -> tuple[int, int]:
    read_fd, write_fd = os.pipe()
    with suppress(OSError):
        fcntl.fcntl(write_fd, _SET_PIPE_BYTES, _PIPE_BYTES)
    return read_fd, write_fd
