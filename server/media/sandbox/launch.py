"""Starts a program behind its walls, from a thread that is behind them already.

The walls are inherited by what a thread starts, so nothing of ours runs between fork and exec, and they cost
the same few system calls whatever is started. The thread stays until its program ends, because the program
is told to die with the thread that started it.
"""

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from server.media.sandbox.walls import wall_in_thread

_GRACE_S = 2.0

_Process = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Program:
    """One that runs, and what it says."""

    process: _Process
    ended: Future[int]
    stdout: asyncio.StreamReader | None
    stderr: asyncio.StreamReader

    async def wait(self) -> int:
        """Its code; minus the number of the signal that ended it."""
        return await asyncio.wrap_future(self.ended)


@asynccontextmanager
async def launched(argv: Sequence[str], *, folder: Path, stdout: int) -> AsyncIterator[Program]:
    """The program, in `folder`, with an empty environment. On leaving it is ended, if not before."""
    started: Future[_Process] = Future()
    ended: Future[int] = Future()
    for future in (started, ended):
        future.set_running_or_notify_cancel()  # nobody who waits can take the answer from another
    work = (list(argv), folder, stdout, started, ended)
    threading.Thread(target=_run, args=work, name="launch", daemon=True).start()
    transports: list[asyncio.BaseTransport] = []
    try:
        process = await asyncio.wrap_future(started)
        spoken = await _reader(process.stdout, transports) if process.stdout else None
        yield Program(process, ended, spoken, await _reader(process.stderr, transports))
    finally:
        if await _has_started(started):
            await _stop(started.result(), ended)
            _close(started.result(), transports)


def _run(argv: list[str], folder: Path, stdout: int, started: Future[_Process], ended: Future[int]) -> None:
    try:
        wall_in_thread(folder)
        process = subprocess.Popen(  # noqa: S603  a list that we made, without a shell
            argv,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={},
            start_new_session=True,
        )
    except OSError as error:
        started.set_exception(error)
        return
    started.set_result(process)
    ended.set_result(process.wait())


async def _reader(pipe: IO[bytes] | None, transports: list[asyncio.BaseTransport]) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
    transports.append(transport)
    return reader


async def _has_started(started: Future[_Process]) -> bool:
    await asyncio.wait([asyncio.wrap_future(started)])
    return started.exception() is None


def _close(process: _Process, transports: list[asyncio.BaseTransport]) -> None:
    for transport in transports:
        transport.close()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


async def _stop(process: _Process, ended: Future[int]) -> None:
    """Asks, waits two seconds, kills. Returns when the process is reaped."""
    if ended.done():
        return
    _signal_group(process, signal.SIGTERM)
    try:
        async with asyncio.timeout(_GRACE_S):
            await asyncio.wrap_future(ended)
    except TimeoutError:
        pass
    finally:
        if not ended.done():
            _signal_group(process, signal.SIGKILL)
            await asyncio.wrap_future(ended)


def _signal_group(process: _Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
