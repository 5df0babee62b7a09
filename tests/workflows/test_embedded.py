"""The embedded engine: it starts, answers, keeps its state, comes back, and leaves nothing running."""

import asyncio
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecutionStatus

from server.workflows.embedded.engine import EngineAddress, read_published_address, running_engine
from server.workflows.embedded.folder import EngineFolder
from server.workflows.embedded.program import find_program
from zerokerf.errors import ConfigError, EngineFailed

# Tells its engine's id, then waits to be killed.
PARENT = """
import asyncio, sys
from pathlib import Path
from server.workflows.embedded.engine import running_engine

async def main():
    async with running_engine(Path(sys.argv[1])):
        print((Path(sys.argv[1]) / "temporal" / "engine.pid").read_text(), flush=True)
        await asyncio.get_running_loop().create_future()

asyncio.run(main())
"""


async def test_it_answers_within_two_seconds_and_keeps_closed_runs_for_a_week(tmp_path: Path) -> None:
    began = time.monotonic()
    async with running_engine(tmp_path) as address:
        took_s = time.monotonic() - began
        client = await _client(address)
        request = DescribeNamespaceRequest(namespace="zerokerf")
        found = await client.workflow_service.describe_namespace(request)

    assert took_s < 2
    assert address.target.startswith("127.0.0.1:")
    assert found.config.workflow_execution_retention_ttl.ToTimedelta().days == 7


async def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    async with running_engine(tmp_path):
        listening = [row for row in _engine(tmp_path).net_connections("inet") if row.status == "LISTEN"]

    assert listening
    assert {row.laddr.ip for row in listening} <= {"127.0.0.1", "::1"}


async def test_everything_in_its_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as address:
        assert read_published_address(tmp_path) == address
        assert _mode(tmp_path / "temporal") == 0o700
        assert _mode(tmp_path / "temporal" / "address.json") == 0o600
        assert _mode(tmp_path / "temporal" / "engine.log") == 0o600
        assert (tmp_path / "temporal" / "engine-1.32.db").exists()


async def test_a_configured_port_is_used(tmp_path: Path, unused_tcp_port: int) -> None:
    async with running_engine(tmp_path, port=unused_tcp_port) as address:
        assert address.target == f"127.0.0.1:{unused_tcp_port}"


async def test_state_is_kept_over_a_restart(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as address:
        client = await _client(address)
        await client.start_workflow("Waiting", id="job_1", task_queue="nobody")

    async with running_engine(tmp_path) as address:
        client = await _client(address)
        found = await client.get_workflow_handle("job_1").describe()

    assert found.status is WorkflowExecutionStatus.RUNNING


async def test_stopping_leaves_no_process_and_no_address(tmp_path: Path) -> None:
    async with running_engine(tmp_path):
        engine = _engine(tmp_path)

    assert not engine.is_running()
    with pytest.raises(ConfigError, match="No engine runs in"):
        read_published_address(tmp_path)


async def test_a_killed_engine_comes_back_on_its_address_with_its_state(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as address:
        client = await _client(address)
        await client.start_workflow("Waiting", id="job_1", task_queue="nobody")
        killed = _engine(tmp_path)
        killed.kill()

        found = await client.get_workflow_handle("job_1").describe()  # the same client, which heals itself

        assert found.status is WorkflowExecutionStatus.RUNNING
        assert _engine(tmp_path).pid != killed.pid
        assert read_published_address(tmp_path) == address


async def test_an_engine_that_stays_down_ends_its_user_with_its_last_words(tmp_path: Path) -> None:
    once = await _program_that_starts_once(tmp_path)

    async def user() -> None:
        async with running_engine(tmp_path, binary=once, restarts=2), asyncio.timeout(20):
            _engine(tmp_path).kill()
            await asyncio.get_running_loop().create_future()

    with pytest.raises(EngineFailed, match="no more engines today"):
        await user()


async def test_an_error_of_its_user_passes_unwrapped_and_ends_the_engine(tmp_path: Path) -> None:
    engines: list[psutil.Process] = []

    async def user() -> None:
        async with running_engine(tmp_path):
            engines.append(_engine(tmp_path))
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await user()

    assert not engines[0].is_running()


async def test_a_cancelled_user_ends_the_engine(tmp_path: Path) -> None:
    started: asyncio.Future[psutil.Process] = asyncio.get_running_loop().create_future()

    async def user() -> None:
        async with running_engine(tmp_path):
            started.set_result(_engine(tmp_path))
            await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(user())
    engine = await started
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert not engine.is_running()


async def test_a_start_that_is_cancelled_leaves_no_process(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.25), running_engine(tmp_path):
            await asyncio.get_running_loop().create_future()

    assert [child for child in psutil.Process().children() if child.name() == "temporal"] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child together with its parent")
def test_no_engine_outlives_a_killed_parent(tmp_path: Path) -> None:
    with _parent(tmp_path) as parent:
        engine = _told(parent)
        parent.kill()

    assert _has_ended(engine)


async def test_after_a_killed_parent_the_next_start_has_the_same_address(tmp_path: Path) -> None:
    with _parent(tmp_path) as parent:
        _told(parent)
        before = read_published_address(tmp_path)
        parent.kill()

    async with running_engine(tmp_path) as address:
        assert address == before


async def test_an_engine_left_running_is_ended_by_the_next_start(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    folder, program = EngineFolder(tmp_path), await find_program(None)
    with folder.locked():
        orphan = await asyncio.create_subprocess_exec(
            *program.command(folder.path / program.database_name, unused_tcp_port),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        folder.write_pid(orphan.pid)

    async with running_engine(tmp_path):
        async with asyncio.timeout(10):
            assert await orphan.wait() is not None
        assert _engine(tmp_path).pid != orphan.pid


async def test_a_process_that_merely_has_the_old_id_is_left_alone(tmp_path: Path) -> None:
    folder = EngineFolder(tmp_path)
    with folder.locked():
        folder.write_pid(os.getpid())

    async with running_engine(tmp_path):
        assert psutil.Process().is_running()


def _engine(data_dir: Path) -> psutil.Process:
    return psutil.Process(int((data_dir / "temporal" / "engine.pid").read_text()))


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def _client(address: EngineAddress) -> Client:
    return await Client.connect(address.target, namespace=address.namespace)


async def _program_that_starts_once(folder: Path) -> Path:
    program, real = folder / "once", (await find_program(None)).path
    mark = folder / "started"
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = server ]; then\n'
        f'  [ -e "{mark}" ] && echo "no more engines today" && exit 3\n  : > "{mark}"\nfi\n'
        f'exec "{real}" "$@"\n'
    )
    program.chmod(0o700)
    return program


def _parent(data_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", PARENT, str(data_dir)], stdout=subprocess.PIPE, text=True)


def _told(parent: subprocess.Popen[str]) -> psutil.Process:
    assert parent.stdout is not None
    return psutil.Process(int(parent.stdout.readline()))


def _has_ended(process: psutil.Process) -> bool:
    try:
        process.wait(5)
    except psutil.TimeoutExpired:
        return process.status() == psutil.STATUS_ZOMBIE  # dead, and the machine has nobody who reaps it
    return True
