"""The filter of system calls, run by a small machine of the test's own."""

import struct
from errno import EACCES

import pytest

from server.media.sandbox.seccomp import AARCH64, EXEC, NEVER, X86_64, Machine, filter_for

ALLOWED, REFUSED = 0x7FFF0000, 0x00050000 | EACCES
MACHINES = pytest.mark.parametrize("machine", [X86_64, AARCH64], ids=["x86_64", "aarch64"])


def verdict(program: bytes, number: int, arch: int) -> int:
    """What the kernel would decide about one call."""
    steps = list(struct.iter_unpack("=HBBI", program))
    call = {0: number, 4: arch}
    at, value = 0, 0
    while True:
        code, if_so, if_not, operand = steps[at]
        at += 1
        if code == 0x20:
            value = call[operand]
        elif code == 0x06:
            return int(operand)
        else:
            at += if_so if (value == operand if code == 0x15 else value >= operand) else if_not


@MACHINES
def test_each_call_named_is_refused_and_no_other(machine: Machine) -> None:
    program = filter_for(machine, NEVER)
    refused = {machine.numbers[name] for name in NEVER}

    found = {number for number in range(600) if verdict(program, number, machine.arch) == REFUSED}

    assert found == refused
    assert machine.numbers["execve"] not in found
    assert verdict(program, 5, machine.arch) == ALLOWED


@MACHINES
def test_what_may_start_no_program_is_refused_that_too(machine: Machine) -> None:
    program = filter_for(machine, NEVER | EXEC)

    assert all(verdict(program, machine.numbers[name], machine.arch) == REFUSED for name in EXEC)


@MACHINES
def test_calls_by_the_numbers_of_another_machine_are_refused(machine: Machine) -> None:
    program = filter_for(machine, NEVER)

    assert verdict(program, 5, 0x40000003) == REFUSED


def test_the_second_names_of_calls_are_refused() -> None:
    program = filter_for(X86_64, NEVER)

    assert verdict(program, 0x40000000 + X86_64.numbers["socket"], X86_64.arch) == REFUSED
    assert verdict(program, 0x40000005, X86_64.arch) == REFUSED
