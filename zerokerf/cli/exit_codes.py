"""What the command line's exit codes mean. Scripts rely on them, so they never change."""

from enum import IntEnum

from zerokerf.errors import ConfigError, Kind, ZerokerfError


class ExitCode(IntEnum):
    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    JOB_FAILED = 3
    NOT_FOUND = 4
    UNAUTHENTICATED = 5
    UNAVAILABLE = 6
    INTERRUPTED = 130


_BY_KIND = {
    Kind.INVALID_ARGUMENT: ExitCode.USAGE,
    Kind.NOT_FOUND: ExitCode.NOT_FOUND,
    Kind.UNAUTHENTICATED: ExitCode.UNAUTHENTICATED,
    Kind.PERMISSION_DENIED: ExitCode.UNAUTHENTICATED,
    Kind.UNAVAILABLE: ExitCode.UNAVAILABLE,
    Kind.RESOURCE_EXHAUSTED: ExitCode.UNAVAILABLE,
}


def exit_code_of(error: ZerokerfError) -> ExitCode:
    if isinstance(error, ConfigError):
        return ExitCode.USAGE
    return _BY_KIND.get(error.kind, ExitCode.UNEXPECTED)
