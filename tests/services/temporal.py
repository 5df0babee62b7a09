"""Temporal's development server as a process of its own: it can be killed and started on its data again."""

import asyncio
import subprocess
import time
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from server.workflows.embedded.program import HOST, NAMESPACE, EngineProgram, find_program
from tests.services.ports import lasting_port

_READY_WITHIN_S = 30.0
_POLL_S = 0.1


class TemporalServer:
    """With the settings of the embedded engine."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._port = lasting_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"{HOST}:{self._port}"
        self.namespace = NAMESPACE

    async def start(self) -> None:
        """Returns when it answers."""
        program = await find_program(None)
        self._process = await asyncio.to_thread(self._launch, program)
        give_up_at = time.monotonic() + _READY_WITHIN_S
        while not await self._answers():
            assert self._process.poll() is None, self._said()
            assert time.monotonic() < give_up_at, self._said()
            await asyncio.sleep(_POLL_S)  # the one wait for a process that offers nothing to wait on

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _launch(self, program: EngineProgram) -> subprocess.Popen[bytes]:
        command = program.command(self._folder / "engine.db", self._port)
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(command, env={"HOME": str(self._folder)}, stdout=log, stderr=log)

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(2):
                client = await Client.connect(self.address, namespace=self.namespace)
                await client.count_workflows()
        except (RuntimeError, RPCError, TimeoutError):
            return False
        return True

    def _said(self) -> str:
        return (self._folder / "log").read_text(errors="replace")[-2000:]
