"""The walls round every program that reads strangers' files: limits, no network, no writing elsewhere.

What the system cannot do is left out; `docs/decisions/sandbox.md` says what holds where.
"""

import resource
import shutil
import signal
import sys
from collections.abc import Sequence
from ctypes import CDLL
from pathlib import Path

from server.media.sandbox.landlock import write_only_below
from server.media.sandbox.seccomp import EXEC, NEVER, refuse_calls

_TOOL_PATH = "/usr/bin:/bin"
_MAX_OPEN_FILES = 256
_PR_SET_PDEATHSIG = 1


def guarded(
    argv: Sequence[str], *, cpu_s: int, memory_bytes: int, file_bytes: int | None = None
) -> list[str]:
    """The same program, limited, and ended by the end of the thread that starts it."""
    guard: list[str] = []
    if prlimit := shutil.which("prlimit", path=_TOOL_PATH):
        # The soft limit ends it by SIGXCPU, which tells it from a kill by someone else.
        cpu = f"--cpu={cpu_s}:{cpu_s + 5}"
        guard += [prlimit, f"--as={memory_bytes}", cpu, f"--nofile={_MAX_OPEN_FILES}", "--core=0"]
        if file_bytes is not None:
            guard.append(f"--fsize={file_bytes}")
    if setpriv := shutil.which("setpriv", path=_TOOL_PATH):
        guard += [setpriv, "--pdeathsig", "KILL", "--no-new-privs", "--"]
    return [*guard, *argv]


def wall_in_thread(folder: Path) -> None:
    """What this thread starts has no network and writes below `folder` only. There is no way back."""
    write_only_below(folder)
    refuse_calls(NEVER)


def wall_in_process(*, cpu_s: int, memory_bytes: int) -> None:
    """This process of one thread reads and computes, within limits, and does nothing else any more."""
    if sys.platform == "linux":
        CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_OPEN_FILES, _MAX_OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    write_only_below(None)
    refuse_calls(NEVER | EXEC)
