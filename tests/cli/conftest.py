"""The command line as a process of its own, against a service in memory."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.client.account_house import SECRET, House, house
from tests.client.service import running_service
from tests.client.state import API_KEY, Service
from tests.services.databases import empty_database_url, postgres
from tests.services.zerokerf import without_settings

__all__ = ["empty_database_url", "house", "postgres"]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Start = Callable[..., Awaitable[asyncio.subprocess.Process]]
Cli = Callable[..., Awaitable[Result]]


@pytest.fixture(autouse=True, scope="session")
def hear_interrupts() -> Iterator[None]:
    """A test run in the background ignores Ctrl-C, and so would everything it starts.

    Not undone in each child before it runs: the threads of gRPC do not survive a fork.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with running_service() as service:
        service.faults.finish.set()
        yield service


@pytest.fixture
def environment(service: Service) -> dict[str, str]:
    return without_settings() | {
        "ZEROKERF_SERVER": service.target,
        "ZEROKERF_API_KEY": API_KEY,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
    }


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Start:
    """Starts `zerokerf` in the test's own folder."""

    async def start(*arguments: str, **options: Any) -> asyncio.subprocess.Process:  # noqa: ANN401 - the process's own
        options = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE} | options
        command = (sys.executable, "-m", "zerokerf", *arguments)
        return await asyncio.create_subprocess_exec(*command, env=environment, cwd=tmp_path, **options)

    return start


@pytest.fixture
def cli(start: Start) -> Cli:
    """Runs `zerokerf` to its end."""

    async def cli(*arguments: str) -> Result:
        process = await start(*arguments)
        async with asyncio.timeout(120):
            out, err = await process.communicate()
        assert process.returncode is not None
        assert b"Traceback" not in err
        return Result(process.returncode, out.decode(), err.decode())

    return cli


@pytest.fixture
def manager(cli: Cli, house: House) -> Cli:
    """Runs `zerokerf` for the first account of a service of accounts and webhooks."""

    async def run(*arguments: str) -> Result:
        return await cli(*arguments, "--server", house.target, "--api-key", SECRET)

    return run


@pytest.fixture
def operator(cli: Cli, house: House) -> Cli:
    """Runs `zerokerf` on the records of that service."""

    async def run(*arguments: str) -> Result:
        return await cli(*arguments, "--data-dir", str(house.data_dir))

    return run
