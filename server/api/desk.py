"""Where jobs are accepted: whether the caller's plan has room for one more, and under which terms."""

from dataclasses import dataclass
from typing import Protocol

from server.accounts.model import Caller
from server.jobs.model import Terms


class Quotas(Protocol):
    async def check(self, caller: Caller) -> None:
        """Raises QuotaExceeded when the month's minutes are used up."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    quotas: Quotas
    #: Webhooks tell the progress of jobs with larger sources.
    progress_told_above_bytes: int

    async def accept(self, caller: Caller) -> Terms:
        """Raises QuotaExceeded."""
        await self.quotas.check(caller)
        return Terms(
            api_key_id=caller.key_id,
            is_test=caller.is_test,
            retention_hours=caller.plan.retention_hours,
            max_source_bytes=caller.plan.max_source_bytes,
            progress_told_above_bytes=self.progress_told_above_bytes,
        )
