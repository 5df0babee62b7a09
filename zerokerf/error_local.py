"""What happens on this machine: in a client, a command, or at the start of a service."""

from zerokerf.error_base import Kind, Unavailable, ZerokerfError


class ServiceUnreachable(Unavailable):
    """No answer of the service arrived: it is away, or something on the way to it is."""

    def __init__(self) -> None:
        super().__init__("The service")


class FileChanged(ZerokerfError):
    """A file became shorter while it was being sent. What arrived is not used."""

    kind = Kind.FAILED_PRECONDITION
    reason = "FILE_CHANGED"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} became shorter while it was being uploaded; try again.", name=name)


class LinkRefused(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "LINK_REFUSED"

    def __init__(self, name: str, http_status: int) -> None:
        super().__init__(
            f"The link of {name} was refused with HTTP status {http_status}; links expire, "
            "so get the job again for a fresh one.",
            name=name,
            httpStatus=http_status,
        )


class ChecksumMismatch(ZerokerfError):
    kind = Kind.DATA_LOSS
    reason = "CHECKSUM_MISMATCH"

    def __init__(self, name: str, expected: str, found: str) -> None:
        super().__init__(
            f"{name} arrived damaged: its SHA-256 is {found} instead of {expected}.",
            name=name,
            expected=expected,
            found=found,
        )


class TargetExists(ZerokerfError):
    """A file would have to be replaced that nobody said may be. Nothing was written."""

    kind = Kind.ALREADY_EXISTS
    reason = "TARGET_EXISTS"

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} exists already; choose another folder, or say --force.", path=path)


class TargetIsSource(TargetExists):
    def __init__(self, path: str) -> None:
        ZerokerfError.__init__(self, f"{path} is the recording itself; choose another folder.", path=path)


class TranscriptMissing(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "TRANSCRIPT_MISSING"

    def __init__(self, job_id: str, name: str) -> None:
        super().__init__(
            f"Job {job_id} has no {name} transcript: only jobs that are done have one.",
            jobId=job_id,
            format=name,
        )


class ConfigError(ZerokerfError):
    """The service cannot start as configured. The sentence says which setting and what to do."""

    kind = Kind.FAILED_PRECONDITION
    reason = "CONFIG_ERROR"


class EngineFailed(ZerokerfError):
    """The embedded engine ended and cannot be brought back. For the operator only: it quotes the engine."""

    reason = "ENGINE_FAILED"

    def __init__(self, last_words: str) -> None:
        super().__init__(f"The workflow engine ended and could not be restarted: {last_words}")
