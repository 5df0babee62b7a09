"""Keeps the engine's process alive: starts it, waits until it answers, starts it again when it ends."""

import asyncio
import contextlib
import os
import socket
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import structlog
from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from server.workflows.embedded.folder import EngineFolder
from server.workflows.embedded.program import HOST, NAMESPACE, EngineProgram
from zerokerf.errors import ConfigError, EngineFailed

_RETENTION_S = int(timedelta(days=7).total_seconds())
_READY_WITHIN_S = 15.0
_POLL_S = 0.02
_ANSWER_WITHIN_S = 2.0
_TERMINATE_WITHIN_S = 5.0
_PORT_TRIES = 5
_HEALTHY_AFTER_S = 30.0
_CHILD = Path(__file__).with_name("child.py")

log = structlog.get_logger()


class EmbeddedEngine:
    """One engine on one port and one database file. The folder's lock must be held by the caller.

    All calls come from one event loop whose thread outlives the engine: the system ends the
    process together with the thread that started it.
    """

    def __init__(self, program: EngineProgram, folder: EngineFolder, restarts: int) -> None:
        self._program = program
        self._folder = folder
        self._restarts = restarts
        self._database = folder.path / program.database_name
        self._process: asyncio.subprocess.Process | None = None
        self._started_at = 0.0
        self._log_start_bytes = 0
        self._port = 0

    @property
    def target(self) -> str:
        return f"{HOST}:{self._port}"

    async def start(self, port: int | None, preferred_port: int | None = None) -> None:
        """Returns when it answers. Raises ConfigError that says why it does not."""
        if port is not None and not _is_free(port):
            raise ConfigError(_taken(port))
        for attempt in range(_PORT_TRIES):
            self._port = port or _free_port(preferred_port if attempt == 0 else None)
            try:
                await self._launch()
            except _NotStarted as failure:
                if not failure.port_is_taken:
                    raise ConfigError(self._refusal(failure.why)) from failure
            else:
                await self._keep_finished_jobs()
                return
        raise ConfigError(_taken(self._port))

    async def supervise(self) -> NoReturn:
        """Brings the engine back on the same port and file. Raises EngineFailed when that does not help."""
        failures, why = 0, ""
        while True:
            code = await self._exit_code()
            failures = failures + 1 if time.monotonic() - self._started_at < _HEALTHY_AFTER_S else 1
            if failures > self._restarts:
                raise EngineFailed(why or self._folder.last_words(self._log_start_bytes))
            pause_s = min(0.05 * 2.0 ** (failures - 1), 5.0)
            log.warning("engine exited", action="engine_restart", exit_code=code, pause_s=pause_s)
            await asyncio.sleep(pause_s)
            try:
                await self._launch()
            except _NotStarted as failure:
                why = failure.why

    async def stop(self) -> None:
        """SIGTERM, then SIGKILL. Safe to repeat, and leaves no process even when cancelled."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_TERMINATE_WITHIN_S):
                await process.wait()
        except TimeoutError:
            log.warning("engine killed", action="engine_kill")
        finally:
            await _kill(process)

    async def _launch(self) -> None:
        output, self._log_start_bytes = self._folder.open_log()
        try:
            command = self._program.command(self._database, self._port)
            self._process = process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(_CHILD), str(os.getpid()), *command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_environment(self._folder.path),
                start_new_session=True,  # Ctrl-C is for us; the engine ends last
            )
        finally:
            os.close(output)
        self._started_at = time.monotonic()
        self._folder.write_pid(process.pid)
        try:
            await self._until_ready(process)
        except BaseException:
            await _kill(process)
            raise

    def _refusal(self, why: str) -> str:
        if "SQLITE_BUSY" in why:
            return (
                f"The engine's file {self._database} is in use by another program;"
                " stop that one, or set ZEROKERF_DATA_DIR to another folder."
            )
        return f"The workflow engine did not start on {self._database}: {why}"

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        ends = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < ends:
            if process.returncode is not None:
                raise _NotStarted(self._folder.last_words(self._log_start_bytes) or "it exited at once.")
            if await self._answers():
                return
            await asyncio.sleep(_POLL_S)
        said = self._folder.last_words(self._log_start_bytes)
        raise _NotStarted(f"it did not answer within {_READY_WITHIN_S:g} s. {said}".strip())

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                client = await Client.connect(self.target, namespace=NAMESPACE)
                await client.count_workflows()
        except (RuntimeError, RPCError, TimeoutError):
            return False
        return True

    async def _keep_finished_jobs(self) -> None:
        client = await Client.connect(self.target, namespace=NAMESPACE)
        config = NamespaceConfig(workflow_execution_retention_ttl=Duration(seconds=_RETENTION_S))
        request = UpdateNamespaceRequest(namespace=NAMESPACE, config=config)
        await client.workflow_service.update_namespace(request, timeout=timedelta(seconds=10))

    async def _exit_code(self) -> int:
        if self._process is None:
            raise RuntimeError("start() comes first")
        return await self._process.wait()


class _NotStarted(Exception):
    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
        self.port_is_taken = "address already in use" in why


async def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _taken(port: int) -> str:
    return (
        f"The engine's port {HOST}:{port} is taken by another program;"
        " set ZEROKERF_TEMPORAL_PORT to another one, or leave it unset for a free one."
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port(preferred: int | None) -> int:
    if preferred is not None and _is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _environment(folder: Path) -> dict[str, str]:
    """A user's own settings of Temporal must not reach it. Of a user without a name it asks for one."""
    return {"HOME": str(folder), "USER": "zerokerf"}
