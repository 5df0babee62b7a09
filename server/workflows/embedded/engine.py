"""The embedded engine: Temporal's own server as a child process on loopback, for as long as it is needed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from server.workflows.embedded.folder import EngineFolder
from server.workflows.embedded.process import EmbeddedEngine
from server.workflows.embedded.program import NAMESPACE, find_program
from zerokerf.errors import ConfigError

_LEFTOVER_ENDS_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class EngineAddress:
    target: str
    namespace: str


@asynccontextmanager
async def running_engine(
    data_dir: Path, *, port: int | None = None, binary: Path | None = None, restarts: int = 8
) -> AsyncIterator[EngineAddress]:
    """An engine that answers, restarted on the same address if it dies, stopped at the end.

    Raises ConfigError if it cannot start. If it dies for good, that is `restarts` times soon
    one after the other, the body is cancelled and EngineFailed is raised from here.
    """
    folder = EngineFolder(data_dir)
    with folder.locked():
        program = await find_program(binary)
        await asyncio.to_thread(_end_leftover, folder)
        engine = EmbeddedEngine(program, folder, restarts)
        try:
            await engine.start(port, _port_before(data_dir))
            address = EngineAddress(engine.target, NAMESPACE)
            folder.replace(folder.address, json.dumps(asdict(address)))
            async with _supervised(engine):
                yield address
        finally:
            await engine.stop()
            folder.address.unlink(missing_ok=True)
            folder.forget_pid()


def read_published_address(data_dir: Path) -> EngineAddress:
    """Where the engine of this data folder listens, for processes that did not start it."""
    path = EngineFolder(data_dir).address
    try:
        stored = json.loads(path.read_text())
        return EngineAddress(target=str(stored["target"]), namespace=str(stored["namespace"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"No engine runs in {data_dir}: start the server there first, or set ZEROKERF_TEMPORAL_ADDRESS."
        ) from error


@asynccontextmanager
async def _supervised(engine: EmbeddedEngine) -> AsyncIterator[None]:
    try:
        async with asyncio.TaskGroup() as tasks:
            supervisor = tasks.create_task(engine.supervise())
            yield
            supervisor.cancel()
    except BaseExceptionGroup as group:
        # The group is ours; whoever uses the engine gets the one error that ended it.
        if len(group.exceptions) > 1:
            raise
        raise group.exceptions[0] from None


def _port_before(data_dir: Path) -> int | None:
    """The port of a service that was killed: workers that still know it find the engine again."""
    try:
        return int(read_published_address(data_dir).target.rpartition(":")[2])
    except (ConfigError, ValueError):
        return None


def _end_leftover(folder: EngineFolder) -> None:
    process = folder.left_running()
    if process is None:
        return
    try:
        process.terminate()
        process.wait(_LEFTOVER_ENDS_WITHIN_S)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(_LEFTOVER_ENDS_WITHIN_S)
    except psutil.NoSuchProcess:
        return
