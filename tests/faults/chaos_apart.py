"""What can be done to a service whose processes and services are apart."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from tests.faults.fake_clocks import FakeClock
from tests.faults.scratch_disks import ScratchDisk
from tests.faults.weather import storm, sunshine
from tests.services.cluster import Cluster
from tests.services.zerokerf import Process
from tests.storage.fault_proxy import FaultProxy

#: Longer than the engine waits for a sign of life, so that the work is begun elsewhere meanwhile.
FROZEN_S = 13.0
STORM_S = 5.0
FULL_S = 4.0
WRONG_S = 8.0
#: The first and the last are more than a store accepts.
OFFSETS_S = -3600, -300, 300, 3600
LONGEST_AWAY_S = 1.5
BACK_WITHIN_S = 120.0
Hurt = Callable[[], Awaitable[None]]


class Apart:
    """Each hurt ends when what it did is over and what it hurt answers again."""

    def __init__(
        self,
        cluster: Cluster,
        proxy: FaultProxy,
        disk: ScratchDisk | None,
        clock_of: Callable[[str], FakeClock] | None,
        chance: random.Random,
    ) -> None:
        self._clock_of = clock_of
        self._clocks: dict[str, FakeClock] = {}
        self._cluster = cluster
        self._proxy = proxy
        self._disk = disk
        self._chance = chance
        self._names: list[str] = []
        #: Those that something is being done to.
        self._hurt: set[str] = set()
        self._changed = asyncio.Condition()
        self.processes: list[Process] = []
        self.killed: list[tuple[datetime, Process]] = []

    async def start(self, pairs: int, workers: int) -> None:
        self._names = [f"server-{number}" for number in range(pairs)]
        await self._launch(*self._names)
        others = [f"gateway-{number}" for number in range(pairs)]
        others += [f"worker-{number}" for number in range(workers)]
        await self._launch(*others)
        self._names += others

    @property
    def hurts(self) -> dict[str, Hurt]:
        cluster = self._cluster
        kill_service = self._kill_service
        kills = {f"kill {kind}": partial(self._kill, kind) for kind in ("worker", "server", "gateway")}
        return {
            **kills,
            "kill Temporal": partial(kill_service, cluster.temporal.kill, cluster.temporal.start),
            "kill PostgreSQL": partial(kill_service, cluster.postgres.kill, self._start_postgres),
            "kill S3 server": partial(kill_service, cluster.seaweed.kill, cluster.start_store),
            "freeze worker": self._freeze,
            "storm at S3": self._storm,
            **({"fill scratch": self._fill} if self._disk else {}),
            **(self._jumps() if self._clock_of else {}),
        }

    async def restart_workers(self) -> None:
        workers = [name for name in self._names if name.startswith("worker")]
        for name in workers:
            await asyncio.to_thread(self._cluster.processes[name].terminate)
        await self._launch(*workers)

    async def stop(self) -> None:
        await asyncio.to_thread(self._cluster.stop)

    async def _launch(self, *names: str) -> None:
        async with asyncio.timeout(BACK_WITHIN_S), asyncio.TaskGroup() as launches:
            for name in names:
                launches.create_task(self._supervise(name))

    async def _supervise(self, name: str) -> None:
        """Begun again for as long as it gives up, because what it needs is away."""
        while True:
            process = self._cluster.launch(name, self._clock_environment(name))
            self.processes.append(process)
            if await asyncio.to_thread(process.is_ready):
                return
            await asyncio.to_thread(process.kill)

    def _clock_environment(self, name: str) -> dict[str, str]:
        if self._clock_of is None:
            return {}
        if name not in self._clocks:
            self._clocks[name] = self._clock_of(name)
        return self._clocks[name].environment

    async def _kill(self, kind: str) -> None:
        async with self._one(kind) as name:
            process = self._cluster.processes[name]
            if kind == "worker":
                self.killed.append((datetime.now(UTC), process))
            await asyncio.to_thread(process.kill)
            await self._away()
            await self._launch(name)

    @asynccontextmanager
    async def _one(self, kind: str) -> AsyncIterator[str]:
        """One that nothing else is being done to, as soon as there is one."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._unhurt(kind))
            name = self._chance.choice(self._unhurt(kind))
            self._hurt.add(name)
        try:
            yield name
        finally:
            async with self._changed:
                self._hurt.discard(name)
                self._changed.notify_all()

    def _unhurt(self, kind: str) -> list[str]:
        return [name for name in self._names if name.startswith(kind) and name not in self._hurt]

    async def _kill_service(self, kill: Callable[[], None], start: Callable[[], Awaitable[None]]) -> None:
        await asyncio.to_thread(kill)
        await self._away()
        await start()

    async def _start_postgres(self) -> None:
        await asyncio.to_thread(self._cluster.postgres.start)

    async def _freeze(self) -> None:
        async with self._one("worker") as name:
            frozen = self._cluster.processes[name].pid
            os.kill(frozen, signal.SIGSTOP)
            try:
                await asyncio.sleep(FROZEN_S)
            finally:
                os.kill(frozen, signal.SIGCONT)

    def _jumps(self) -> dict[str, Hurt]:
        return {f"jump clock of {kind}": partial(self._jump, kind) for kind in ("worker", "server")}

    async def _jump(self, kind: str) -> None:
        async with self._one(kind) as name:
            self._clocks[name].put_off(self._chance.choice(OFFSETS_S))
            try:
                await asyncio.sleep(WRONG_S)
            finally:
                self._clocks[name].put_off(0)

    async def _storm(self) -> None:
        self._proxy.rule = storm(self._chance)
        try:
            await asyncio.sleep(STORM_S)
        finally:
            self._proxy.rule = sunshine

    async def _fill(self) -> None:
        assert self._disk is not None
        try:
            await asyncio.to_thread(self._disk.fill)
            await asyncio.sleep(FULL_S)
        finally:
            await asyncio.to_thread(self._disk.empty)

    async def _away(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, LONGEST_AWAY_S))
