"""What a worker is told when its job has ended without it."""


class JobNoLongerWanted(Exception):
    """The job was cancelled, deleted or has ended: stop, and report nothing. Never shown to a client."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id} is no longer wanted")
