"""Runs one ffmpeg: limited, walled in, watched, and gone when we are gone.

The limits and the death signal are set by `prlimit` and `setpriv` (util-linux), which replace themselves by
ffmpeg: about one millisecond each, in force before the first byte is read. Doing it in Python between fork
and exec would run our code in the copy of a process with many threads, which can hang for ever on a lock that
another thread held. Where these tools are missing, time limits and cancelling still hold; memory is then the
operator's to limit.
"""

import asyncio
import errno
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.media.sandbox.launch import launched
from server.media.sandbox.walls import guarded
from server.media.watching import on_program
from zerokerf.errors import Unavailable

_TAIL_BYTES = 64 * 1024

_KILLED = (-signal.SIGKILL, -signal.SIGTERM, 255)  # ffmpeg says 255 when it heeds a SIGTERM

OnTime = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """What one ffmpeg may use."""

    wall_s: float
    cpu_s: int
    memory_bytes: int
    file_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """How it ended. ffmpeg's own code says little: count samples."""

    exit_code: int
    stderr: str
    is_timeout: bool = False


def refuse_our_faults(finished: Finished) -> None:
    """Raises what is not the audio's fault and may pass: a full disk, or a kill from outside."""
    if finished.exit_code == 256 - errno.ENOSPC:
        raise OSError(errno.ENOSPC, "no space left in the scratch folder")
    if finished.exit_code in _KILLED and not finished.is_timeout:
        raise Unavailable("The decoder")


async def run(
    argv: Sequence[str],
    *,
    folder: Path,
    limits: RunLimits,
    on_time: OnTime | None = None,
    stdout_fd: int | None = None,
) -> Finished:
    """Runs it to its end, in `folder`, with an empty environment.

    `on_time` gets the microseconds written so far, from `-progress pipe:1`; `stdout_fd` gets standard output
    otherwise. When this call is cancelled, or the time is up, the process group is ended and reaped first.
    """
    walled = guarded(argv, cpu_s=limits.cpu_s, memory_bytes=limits.memory_bytes, file_bytes=limits.file_bytes)
    stdout = subprocess.PIPE if on_time else stdout_fd or subprocess.DEVNULL
    with on_program.get()(_name_of(argv)):
        async with launched(walled, folder=folder, stdout=stdout) as program:
            try:
                async with asyncio.timeout(limits.wall_s):
                    stderr, _ = await asyncio.gather(_tail(program.stderr), _watch(program.stdout, on_time))
                    return Finished(await program.wait(), stderr)
            except TimeoutError:
                return Finished(-signal.SIGKILL, "", is_timeout=True)


def _name_of(argv: Sequence[str]) -> str:
    """Without its version and platform, which some builds have in their names."""
    return Path(argv[0]).stem.partition("-")[0]


async def _tail(stream: asyncio.StreamReader) -> str:
    """Reads all, keeps the end: an unread pipe would block ffmpeg for ever."""
    tail = b""
    while chunk := await stream.read(_TAIL_BYTES):
        tail = (tail + chunk)[-_TAIL_BYTES:]
    return tail.decode(errors="replace").strip()


async def _watch(stream: asyncio.StreamReader | None, on_time: OnTime | None) -> None:
    if stream is None or on_time is None:
        return
    async for line in stream:
        name, _, value = line.strip().partition(b"=")
        if name == b"out_time_us" and value.isdigit():
            on_time(int(value))
