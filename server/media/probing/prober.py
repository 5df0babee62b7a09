"""Keeps the process that opens strangers' files warm, and hands it requests."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from server.media.probing import worker
from zerokerf.errors import Unavailable

_START_WALL_S = 30.0
_MAX_AT_ONCE = 16


class Prober:
    """One warm probing process, shared by many tasks at once. It is started again should it die."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._parts: dict[int, list[Any]] = {}
        self._starting = asyncio.Lock()
        self._places = asyncio.Semaphore(_MAX_AT_ONCE)
        self._last_id = 0
        self._is_closed = False

    async def start(self) -> None:
        async with self._starting:
            if self._is_closed:
                raise Unavailable("The prober")
            if self._reader is not None and not self._reader.done():
                return
            await self._end()
            self._process = await _start_worker()
            self._reader = asyncio.create_task(self._read_answers(self._process))

    async def ask(self, request: dict[str, Any], wall_s: float) -> dict[str, Any]:
        """One answer of the worker; a worker that is gone is started again once. What came before it in
        lines of their own is its `parts`."""
        async with self._places:
            answer = await self._ask_once(request, wall_s)
            if answer.get("problem") == "gone":
                answer = await self._ask_once(request, wall_s)
        if answer.get("problem") == "gone":
            raise Unavailable("The prober")
        return answer

    async def _ask_once(self, request: dict[str, Any], wall_s: float) -> dict[str, Any]:
        await self.start()
        self._last_id += 1
        request_id = self._last_id
        future = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = future
        self._parts[request_id] = []
        try:
            if not self._send({**request, "id": request_id}):
                return {"problem": "gone"}
            async with asyncio.timeout(wall_s):
                answer: dict[str, Any] = await future
                return answer
        except TimeoutError as error:
            raise Unavailable("The prober") from error
        finally:
            self._waiting.pop(request_id, None)
            self._parts.pop(request_id, None)

    async def close(self) -> None:
        """Ends the process for good. Safe to repeat."""
        self._is_closed = True
        async with self._starting:
            await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        reader, self._reader = self._reader, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if reader is not None:
            await reader

    def _send(self, request: dict[str, Any]) -> bool:
        """False if nobody is there to answer any more."""
        if self._process is None or self._process.stdin is None or self._reader is None:
            return False
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        return not self._reader.done()

    async def _read_answers(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            raise RuntimeError("the probing process has no standard output")
        async for line in process.stdout:
            self._take(json.loads(line))
        for future in self._waiting.values():
            if not future.done():
                future.set_result({"problem": "gone"})

    def _take(self, answer: dict[str, Any]) -> None:
        """One line: a part of an answer, or its end. Nobody may be waiting for it any more."""
        future = self._waiting.get(answer["id"])
        if future is None or future.done():
            return
        if "part" in answer:
            self._parts[answer["id"]].append(answer["part"])
        else:
            future.set_result({**answer, "parts": self._parts[answer["id"]]})


@asynccontextmanager
async def start_prober() -> AsyncIterator[Prober]:
    """A warm prober, closed at the end."""
    prober = Prober()
    try:
        await prober.start()
        yield prober
    finally:
        await prober.close()


async def _start_worker() -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-s",
        worker.__file__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={
            "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
            "OPENBLAS_NUM_THREADS": "1",  # a process with threads can't be forked safely
        },
        start_new_session=True,  # a Ctrl-C in the terminal is for the service, which then closes us
    )
    try:
        await _wait_until_ready(process)
    except BaseException:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    return process


async def _wait_until_ready(process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(_START_WALL_S):
        if process.stdout is None or not await process.stdout.readline():
            raise RuntimeError("the probing process did not start")
