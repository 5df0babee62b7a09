"""An engine that remembers what it was asked, for tests of those who ask."""

import asyncio
from dataclasses import dataclass, field

from server.database.clock import Clock, utc_now
from server.database.open import Database
from server.jobs.handover.admission import Admission, MostOf
from server.jobs.handover.afterwards import Afterwards
from server.jobs.kinds import KindName
from server.jobs.model import SplitPlan, SplitRequest
from zerokerf.errors import Unavailable


@dataclass
class NotedEngine:
    reachable: bool = True
    #: Jobs that make it fail in a way nobody foresaw.
    poisonous: set[str] = field(default_factory=set)
    started: list[str] = field(default_factory=list)
    bulk: set[str] = field(default_factory=set)
    cancelled: list[str] = field(default_factory=list)
    cleaned: list[str] = field(default_factory=list)
    asked_again: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self, kind: KindName, job_id: str, account_id: str, *, is_bulk: bool = False) -> None:
        self._note(self.started, job_id)
        if is_bulk:
            self.bulk.add(job_id)

    async def cancel(self, job_id: str) -> None:
        self._note(self.cancelled, job_id)

    async def plan_split(self, account_id: str, request: SplitRequest) -> SplitPlan:
        raise Unavailable

    async def start_clean_up(self, job_id: str, account_id: str) -> None:
        self._note(self.cleaned, job_id)

    def _note(self, asked: list[str], job_id: str) -> None:
        if not self.reachable:
            raise Unavailable
        if job_id in self.poisonous:
            raise RuntimeError(job_id)
        asked.append(job_id)
        self.asked_again.set()


@dataclass
class NotedDeliveries:
    """Remembers of which jobs word was to go out."""

    handed_over: list[str] = field(default_factory=list)

    async def hand_over(self, job_id: str) -> None:
        self.handed_over.append(job_id)


def afterwards(
    database: Database, engine: NotedEngine, most_of: MostOf = lambda _: None, clock: Clock = utc_now
) -> Afterwards:
    return Afterwards(Admission(database, engine, most_of, clock), NotedDeliveries())
