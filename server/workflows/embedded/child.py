"""Run as a program: ties its life to the process that started it, then becomes the program it is given.

Arguments: the id of the starting process, the program, the program's arguments. A program of its own
because code between fork and exec is not safe in a process with threads. Linux only does the tying;
elsewhere an orphan lives until the next start ends it.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent_pid: int, command: list[str]) -> None:
    if sys.platform == "linux":
        # Kept over exec. Fires when the thread that started us ends, be it by SIGKILL.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        sys.exit("The process that started the engine is gone.")
    os.execv(command[0], command)  # noqa: S606  starting this program is the purpose


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
