"""What reads strangers' files reaches no network, no other process and no folder but its own."""

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from server.media.decoder import Decoder
from server.media.probing.prober import start_prober
from server.media.run import Finished, RunLimits, run
from server.media.sandbox.landlock import write_only_below
from server.media.sandbox.walls import wall_in_thread

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
]

LIMITS = RunLimits(wall_s=20, cpu_s=20, memory_bytes=2 * 1024**3)
ROOT = Path(__file__).parents[3]
TRY = """
import errno, os, signal, socket, sys
def attempt(what):
    try:
        what()
    except OSError as error:
        print(errno.errorcode[error.errno])
    else:
        print("done")
"""
REFUSED = {"EACCES", "EPERM"}


async def told(program: str, folder: Path, *args: str) -> list[str]:
    """What a program says that is started like every decoder."""
    said = folder / "said"
    argv = [sys.executable, "-I", "-c", TRY + program, *args]
    with said.open("wb") as file:
        finished = await run(argv, folder=folder, limits=LIMITS, stdout_fd=file.fileno())
    assert finished.exit_code == 0, finished.stderr
    return said.read_text().split()


def told_by_a_prober(program: str, *args: str) -> list[str]:
    """What a program says that has walled itself in like every child of the prober."""
    wall = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
        "from server.media.sandbox.walls import wall_in_process; "
        "wall_in_process(cpu_s=20, memory_bytes=2 << 30)\n"
    )
    argv = [sys.executable, "-I", "-c", wall + TRY + program, *args]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=20).stdout.split()


@pytest.mark.parametrize(
    "kind",
    [
        "AF_INET, socket.SOCK_STREAM",
        "AF_INET6, socket.SOCK_STREAM",
        "AF_INET, socket.SOCK_DGRAM",
        "AF_UNIX, socket.SOCK_STREAM",
        "AF_NETLINK, socket.SOCK_RAW",
        "AF_PACKET, socket.SOCK_RAW",
    ],
)
async def test_a_decoder_opens_no_socket(kind: str, tmp_path: Path) -> None:
    program = f"attempt(lambda: socket.socket(socket.{kind}))"

    assert await told(program, tmp_path) == ["EACCES"]
    assert told_by_a_prober(program) == ["EACCES"]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(3)
        yield listener


def opening(decoder: Decoder, listener: socket.socket) -> list[str]:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.mp3"
    allowed = ("-protocol_whitelist", "file,http,tcp")
    return [str(decoder.binary), "-nostdin", "-v", "error", *allowed, "-i", url, "-f", "null", "-"]


async def test_a_decoder_that_is_told_to_cannot_fetch(
    decoder: Decoder, listener: socket.socket, tmp_path: Path
) -> None:
    finished: Finished = await run(opening(decoder, listener), folder=tmp_path, limits=LIMITS)

    assert finished.exit_code != 0
    listener.setblocking(False)
    with pytest.raises(BlockingIOError):
        listener.accept()


async def test_the_same_decoder_without_walls_would_fetch(decoder: Decoder, listener: socket.socket) -> None:
    process = await asyncio.create_subprocess_exec(
        *opening(decoder, listener), stderr=asyncio.subprocess.DEVNULL
    )

    connection, _ = await asyncio.to_thread(listener.accept)
    connection.close()
    await process.wait()


TRACE = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    if libc.syscall(number, *args) < 0:
        raise OSError(ctypes.get_errno(), "")
machine = os.uname().machine == "x86_64"
attempt(lambda: call(101 if machine else 117, 16, int(sys.argv[1]), 0, 0))
attempt(lambda: call(425, 1, 0))
attempt(lambda: call(272 if machine else 97, 0x10000000))
attempt(lambda: call(321 if machine else 280, 0, 0, 0))
"""


async def test_nobody_reaches_into_other_processes_or_the_kernel(tmp_path: Path) -> None:
    """By ptrace, io_uring, a namespace or bpf."""
    assert await told(TRACE, tmp_path, str(os.getpid())) == ["EACCES"] * 4
    assert told_by_a_prober(TRACE, str(os.getpid())) == ["EACCES"] * 4


async def test_a_prober_starts_no_other_program() -> None:
    assert told_by_a_prober('attempt(lambda: os.execv("/bin/sh", ["sh", "-c", ":"]))') == ["EACCES"]


async def test_every_child_of_the_prober_is_behind_its_walls(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    request = {"path": str(pipe), "demuxer": "wav", "cpu_s": 5, "memory_bytes": 2 << 30, "wall_s": 20}
    async with start_prober() as prober:
        before = set(psutil.Process().children(recursive=True))
        asking = asyncio.create_task(prober.ask(request, 20))
        writing = await asyncio.to_thread(os.open, pipe, os.O_WRONLY)  # returns when the child reads
        (child,) = set(psutil.Process().children(recursive=True)) - before

        status = Path(f"/proc/{child.pid}/status").read_text()

        os.close(writing)
        await asking
    assert "Seccomp:\t2" in status
    assert "NoNewPrivs:\t1" in status


def landlock_works() -> bool:
    """Asked of a thread, because there is no way back."""
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(write_only_below(None)))
    thread.start()
    thread.join()
    return answers == [True]


needs_landlock = pytest.mark.skipif(
    sys.platform != "linux" or not landlock_works(), reason="the kernel is without Landlock"
)


@needs_landlock
async def test_nothing_is_written_outside_of_the_folder(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.write_bytes(b"precious")
    program = """
attempt(lambda: open(sys.argv[1], "ab"))
attempt(lambda: os.unlink(sys.argv[1]))
attempt(lambda: os.rename("said", sys.argv[1] + "2"))
attempt(lambda: open("mine", "wb").write(b"x"))
attempt(lambda: open(os.devnull, "wb").write(b"x"))
"""

    *refused, wrote_inside, wrote_nowhere = await told(program, inside, str(outside))

    assert set(refused) <= {*REFUSED, "EXDEV"}
    assert (wrote_inside, wrote_nowhere) == ("done", "done")
    assert outside.read_bytes() == b"precious"
    assert told_by_a_prober('attempt(lambda: open(sys.argv[1], "ab"))', str(outside))[0] in REFUSED


@needs_landlock
async def test_no_process_outside_is_ended(tmp_path: Path) -> None:
    victim = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=subprocess.PIPE)
    program = "attempt(lambda: os.kill(int(sys.argv[1]), signal.SIGKILL))"

    answer = await told(program, tmp_path, str(victim.pid))

    _ = await victim.communicate(b"\n")
    if answer == ["done"]:
        pytest.skip("the kernel's Landlock does not know signals yet")
    assert (answer, victim.returncode) == (["EPERM"], 0)


async def test_the_service_itself_keeps_its_network(tmp_path: Path, listener: socket.socket) -> None:
    await told("pass", tmp_path)

    with socket.create_connection(listener.getsockname(), timeout=3) as connection:
        assert connection.getpeername() == listener.getsockname()
    assert (tmp_path / "said").exists()


async def test_the_walls_cost_less_than_two_milliseconds(tmp_path: Path) -> None:
    costs: list[float] = []

    def wall() -> None:
        started = time.thread_time()
        wall_in_thread(tmp_path)
        costs.append(time.thread_time() - started)

    for _ in range(15):
        thread = threading.Thread(target=wall)
        thread.start()
        thread.join()

    assert statistics.median(costs) < 0.002


async def test_cancelling_while_a_program_starts_leaves_no_program(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "open('alive', 'w'); import time; time.sleep(60)"]
    for turns in range(6):
        task = asyncio.create_task(run(argv, folder=tmp_path, limits=LIMITS))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    launching = [thread for thread in threading.enumerate() if thread.name == "launch"]
    for thread in launching:
        thread.join(5)
    assert not any(thread.is_alive() for thread in launching)
