"""The steps of an account's end. Each repeats safely."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from temporalio import activity

from server.jobs.handover.engine import JobEngine
from server.jobs.handover.handing_over import stop
from server.retention.closed import ClosedAccounts
from server.workflows.upkeep.messages import AccountRef
from server.workflows.upkeep.steps import upkeep
from zerokerf.errors import JobNotCancellable, JobNotFound


class Cancels(Protocol):
    """The records of jobs of one kind."""

    async def request_cancel(self, account_id: str, job_id: str) -> object:
        """Raises JobNotCancellable, JobNotFound."""
        ...


@dataclass(frozen=True, slots=True)
class ClosingParts:
    """`records` are those of every kind of jobs, by its name."""

    closed: ClosedAccounts
    records: Mapping[str, Cancels]
    engine: JobEngine


class ClosingActivities:
    def __init__(self, parts: ClosingParts) -> None:
        self._parts = parts

    @activity.defn(name="closing.stop-jobs")
    async def stop_jobs(self, ref: AccountRef) -> None:
        """All are cancelled, and nobody is told of it."""
        parts = self._parts
        async with upkeep():
            while active := await parts.closed.active_jobs(ref.account_id):
                for job in active:
                    await self._stop(ref.account_id, job["id"], job["kind"])
            await parts.closed.stop_webhooks(ref.account_id)

    @activity.defn(name="closing.remove-files")
    async def remove_files(self, ref: AccountRef) -> None:
        async with upkeep():
            await self._parts.closed.remove_files(ref.account_id)

    async def _stop(self, account_id: str, job_id: str, kind: str) -> None:
        with suppress(JobNotCancellable, JobNotFound):  # it ended just now
            await self._parts.records[kind].request_cancel(account_id, job_id)
            await stop(self._parts.engine, job_id, account_id)
