"""Takes system calls away from the calling thread and all that it starts: Linux's seccomp, by hand."""

import ctypes
import platform
import struct
from collections.abc import Collection
from dataclasses import dataclass
from errno import EACCES

#: Ways to the network, into other processes, into the kernel, and round the other walls.
NEVER = frozenset(
    {
        "socket",
        "ptrace",
        "process_vm_readv",
        "process_vm_writev",
        "pidfd_getfd",
        "io_uring_setup",  # opens sockets without the call of that name
        "bpf",
        "perf_event_open",
        "userfaultfd",
        "unshare",
        "setns",
        "mount",
        "open_by_handle_at",
        "add_key",
        "request_key",
        "keyctl",
    }
)
#: What replaces the program by another one.
EXEC = frozenset({"execve", "execveat"})

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_SET_MODE_FILTER, _SPEC_ALLOW = 1, 4  # unasked, older kernels make everything in a filter slower
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | EACCES
_NUMBER_AT, _ARCH_AT = 0, 4


@dataclass(frozen=True, slots=True)
class Machine:
    arch: int
    seccomp: int
    numbers: dict[str, int]
    #: Numbers from here on are the same calls by other names.
    foreign_from: int | None = None


X86_64 = Machine(
    arch=0xC000003E,
    seccomp=317,
    foreign_from=0x40000000,
    numbers={
        "socket": 41,
        "execve": 59,
        "ptrace": 101,
        "mount": 165,
        "add_key": 248,
        "request_key": 249,
        "keyctl": 250,
        "unshare": 272,
        "perf_event_open": 298,
        "open_by_handle_at": 304,
        "setns": 308,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "bpf": 321,
        "execveat": 322,
        "userfaultfd": 323,
        "io_uring_setup": 425,
        "pidfd_getfd": 438,
    },
)
AARCH64 = Machine(
    arch=0xC00000B7,
    seccomp=277,
    numbers={
        "mount": 40,
        "unshare": 97,
        "ptrace": 117,
        "socket": 198,
        "add_key": 217,
        "request_key": 218,
        "keyctl": 219,
        "execve": 221,
        "perf_event_open": 241,
        "open_by_handle_at": 265,
        "setns": 268,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "bpf": 280,
        "execveat": 281,
        "userfaultfd": 282,
        "io_uring_setup": 425,
        "pidfd_getfd": 438,
    },
)
_MACHINES = {"x86_64": X86_64, "aarch64": AARCH64}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse_calls(names: Collection[str]) -> bool:
    """From now on, each of them fails with EACCES. False where the system has no such filter."""
    machine = _MACHINES.get(platform.machine())
    if platform.system() != "Linux" or machine is None:
        return False
    rules = filter_for(machine, names)
    libc = ctypes.CDLL(None)
    program = ctypes.byref(_Program(len(rules) // 8, rules))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    if libc.syscall(machine.seccomp, _SET_MODE_FILTER, _SPEC_ALLOW, program) == 0:
        return True
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, program, 0, 0) == 0)


def filter_for(machine: Machine, names: Collection[str]) -> bytes:
    """A program for the kernel's packet filter, which looks at the number of each call."""
    refused = sorted(machine.numbers[name] for name in names)
    tests = [(_EQUAL, number) for number in refused]
    if machine.foreign_from is not None:
        tests.append((_AT_LEAST, machine.foreign_from))
    steps = [
        _step(_LOAD, _ARCH_AT),
        _step(_EQUAL, machine.arch, if_not=len(tests) + 2),
        _step(_LOAD, _NUMBER_AT),
        *(_step(test, number, if_so=len(tests) - at) for at, (test, number) in enumerate(tests)),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _REFUSE),
    ]
    return b"".join(steps)


def _step(code: int, operand: int, *, if_so: int = 0, if_not: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_so, if_not, operand)
