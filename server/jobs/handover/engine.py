"""What jobs need of a durable engine."""

from typing import Protocol

from server.jobs.kinds import KindName
from server.jobs.model import SplitPlan, SplitRequest


class JobEngine(Protocol):
    """Runs jobs durably.

    Every call is safe to repeat; each raises Unavailable when the engine cannot be reached.
    """

    async def start(self, kind: KindName, job_id: str, account_id: str, *, is_bulk: bool = False) -> None:
        """Begin the job's work. Starting one that runs or has run changes nothing."""
        ...

    async def plan_split(self, account_id: str, request: SplitRequest) -> SplitPlan:
        """Find out where a job would cut, and wait for it. Raises what would fail such a job."""
        ...

    async def cancel(self, job_id: str) -> None:
        """Stop the job's work. Succeeds when nothing runs."""
        ...

    async def start_clean_up(self, job_id: str, account_id: str) -> None:
        """Remove everything the job stored, after its work has stopped."""
        ...
