"""Starts the service as its users do: as processes, with settings in the environment."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from tests.services.ports import lasting_port

API_KEY = "as_live_sk_for_tests_0123456789"
READY_WITHIN_S = 60


def without_settings() -> dict[str, str]:
    """The environment, for a program that is to have no settings but those of its test."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ZEROKERF_")}


@dataclass(frozen=True)
class Deployment:
    """Settings that all processes of one service share."""

    data_dir: Path
    grpc_address: str = field(default_factory=lambda: f"127.0.0.1:{lasting_port()}")
    rest_address: str = field(default_factory=lambda: f"127.0.0.1:{lasting_port()}")
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def rest_url(self) -> str:
        return f"http://{self.rest_address}"

    def environment(self) -> dict[str, str]:
        own = {
            "ZEROKERF_DATA_DIR": str(self.data_dir),
            "ZEROKERF_GRPC_ADDRESS": self.grpc_address,
            "ZEROKERF_REST_ADDRESS": self.rest_address,
            "ZEROKERF_BOOTSTRAP_API_KEY": API_KEY,
            "ZEROKERF_FETCH_ALLOW": "127.0.0.0/8",
        }
        clean = without_settings()
        clean.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled once, a process starts in a third of the time
        return {**clean, **own, **self.extra}


class Process:
    """One `zerokerf` process. Its output is kept for the message of a failing test."""

    def __init__(self, deployment: Deployment, command: str) -> None:
        self._command = command
        self.output: list[str] = []
        #: When each line of it came, by the clock of whoever listens.
        self.heard_at: list[datetime] = []
        self._told = threading.Event()
        self._said_ready = False
        self._process = subprocess.Popen(
            [str(Path(sys.executable).with_name("zerokerf")), command],
            env=deployment.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_ready(self) -> Self:
        assert self.is_ready(), f"{self._command} ended:\n" + self.tail()
        return self

    def is_ready(self) -> bool:
        """Waits for it; false when it has ended instead."""
        assert self._told.wait(READY_WITHIN_S), f"{self._command} is not ready:\n" + self.tail()
        return self._said_ready

    def wait(self, timeout_s: float) -> int:
        return self._process.wait(timeout_s)

    def terminate(self) -> int:
        self._process.terminate()
        return self._end()

    def kill(self) -> int:
        """SIGKILL: nothing is said goodbye to."""
        self._process.send_signal(signal.SIGKILL)
        return self._end()

    def tail(self) -> str:
        return "".join(self.output[-80:])

    def _end(self) -> int:
        try:
            return self._process.wait(30)
        finally:
            self._process.kill()
            self._reader.join(10)
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.heard_at.append(datetime.now(UTC))
            self.output.append(line)
            if line.startswith("Zerokerf is ready"):
                self._said_ready = True
                self._told.set()
        self._told.set()


@contextmanager
def running(deployment: Deployment, *commands: str) -> Iterator[list[Process]]:
    """Processes that start together and stop in reverse order; all of the service in one by default."""
    with ExitStack() as stack:
        processes = []
        for command in commands or ("serve",):
            processes.append(Process(deployment, command))
            stack.callback(processes[-1].terminate)
        yield [process.wait_ready() for process in processes]
