"""What follows from the end of a job at once: word of it goes out, and the next job of its account begins."""

from dataclasses import dataclass
from typing import Protocol

from server.jobs.handover.admission import Admission
from server.jobs.handover.handing_over import hand_over
from server.observe.tracing import apart


class Deliveries(Protocol):
    async def hand_over(self, job_id: str) -> None:
        """What is due to be told of the job goes on its way. Safe to repeat."""
        ...


@dataclass(frozen=True, slots=True)
class Afterwards:
    """All of it is on record: what fails here is left to the reconciler."""

    admission: Admission
    deliveries: Deliveries

    async def job_ended(self, account_id: str, job_id: str) -> None:
        await hand_over("deliver", job_id, self.deliveries.hand_over(job_id))
        await hand_over("admit", job_id, self._admit(account_id))

    async def _admit(self, account_id: str) -> None:
        with apart():  # another job: its trace is its own
            await self.admission.admit(account_id)
