"""A load of jobs, a seeded schedule of faults, and what came of it: a report with numbers and problems."""

import asyncio
import itertools
import json
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from server.database.open import open_database
from server.database.tables import webhook_deliveries
from tests.faults.chaos_houses import House
from tests.faults.chaos_jobs import KINDS, Asked, Place, make_sources, run_job
from tests.faults.invariants import Problem, problems_of_jobs, problems_of_processes, problems_of_scratch
from tests.faults.long_upload import put, write_long
from tests.services.web import Site, running_site
from tests.services.zerokerf import Process
from tests.webhooks.receiver import Receiver, answers, receiving

#: Between the beginning of one fault and that of the next, at most, where one more may be under way.
LONGEST_PAUSE_S = 6.0
#: After the last fault all jobs end within this.
ENDS_WITHIN_S = 150.0
_LOOK_S = 0.2
_STARTED = re.compile(r'{[^{}]*"step started"[^{}]*}')
_LEFT = re.compile(r'{[^{}]*"step left"[^{}]*}')


@dataclass(slots=True)
class Report:
    seed: int
    hurts: Counter[str] = field(default_factory=Counter)
    asked: list[Asked] = field(default_factory=list)
    webhooks: int = 0
    problems: list[Problem] = field(default_factory=list)
    #: From the kill of a worker to the moment at which a step it had begun was begun again.
    redispatched_s: list[float] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def kills(self) -> int:
        return sum(count for name, count in self.hurts.items() if name.startswith("kill"))

    def count(self, kind: str) -> int:
        return sum(problem.kind == kind for problem in self.problems)


def schedule(hurts: list[str], kills: int, chance: random.Random) -> list[str]:
    """So many SIGKILLs: each target once a turn, in random order, and the other faults between them."""
    plan: list[str] = []
    while kills > 0:
        for hurt in chance.sample(hurts, len(hurts)):
            if kills == 0:
                break
            kills -= hurt.startswith("kill")
            plan.append(hurt)
    return plan


async def run_chaos(
    house: House,
    seed: int,
    plan: Sequence[str],
    folder: Path,
    *,
    runners: int = 5,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Everything the faults left is looked at; the service is stopped then."""
    began = time.monotonic()
    report, chance = Report(seed), random.Random(seed)
    with running_site() as site:
        async with receiving(answers(503, 200)) as receiver:
            place = await _place(house, receiver, site, folder)
            enough = asyncio.Event()
            kinds = itertools.cycle(KINDS)
            load = [asyncio.create_task(_load(place, kinds, enough, report)) for _ in range(runners)]
            await _hurt(house, plan, chance, report, tell)
            enough.set()
            tell("the last jobs end")
            report.problems += await _ended(house, report, load)
            await house.restart_workers()
            tell("looking at what is left")
            report.problems += await problems_of_jobs(house, report.asked, receiver.received)
            report.problems += problems_of_scratch(house)
            report.webhooks = len({each.headers["webhook-id"] for each in receiver.received})
            await house.stop()
    report.problems += problems_of_processes(house)
    report.redispatched_s = _redispatched_s(house)
    report.took_s = time.monotonic() - began
    return report


async def _hurt(
    house: House, plan: Sequence[str], chance: random.Random, report: Report, tell: Callable[[str], None]
) -> None:
    """Several parts at once, none of them twice at once, and until all are back."""
    turns, alone = asyncio.Semaphore(house.hurts_at_once), defaultdict[str, asyncio.Lock](asyncio.Lock)

    async def one(name: str) -> None:
        async with alone[name]:
            tell(f"{report.kills} kills, {len(report.asked)} jobs: {name}")
            await house.hurts[name]()
        report.hurts[name] += 1
        turns.release()

    async with asyncio.TaskGroup() as under_way:
        for name in plan:
            await asyncio.sleep(chance.uniform(0, LONGEST_PAUSE_S))
            await turns.acquire()
            under_way.create_task(one(name))


async def _load(place: Place, kinds: Iterator[str], enough: asyncio.Event, report: Report) -> None:
    """One job after the other."""
    while not enough.is_set():
        asked = Asked(next(kinds))
        report.asked.append(asked)
        await run_job(asked, place)
        asked.is_over = True


async def _ended(house: House, report: Report, load: list[asyncio.Task[None]]) -> list[Problem]:
    """All jobs have ended, and all that is to be told of them was told; or what has not."""
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            await asyncio.gather(*load)
            await until_told(house)
    except TimeoutError:
        open_ones = [f"{each.kind} {each.id}" for each in report.asked if not each.is_over]
        return [Problem("lost", f"not over after {ENDS_WITHIN_S:g} s: {open_ones or 'webhooks'}")]
    return []


async def until_told(house: House) -> None:
    """No webhook is on its way any more."""
    pending = select(func.count()).where(webhook_deliveries.c.state == "pending")
    async with open_database(house.database_url) as database:
        while True:
            async with database.reading() as connection:
                if not await connection.scalar(pending):
                    return
            await asyncio.sleep(_LOOK_S)  # nothing announces it


async def _place(house: House, receiver: Receiver, site: Site, folder: Path) -> Place:
    wav_url, mp3_url, speech_file = await asyncio.to_thread(make_sources, site, folder)
    long = await asyncio.to_thread(write_long, folder / "long.wav")
    return Place(
        grpc_address=house.deployment.grpc_address,
        rest_url=house.deployment.rest_url,
        webhook_url=receiver.url,
        wav_url=wav_url,
        mp3_url=mp3_url,
        speech_file=speech_file,
        upload_id=await put(house.deployment, long),
    )


def _redispatched_s(house: House) -> list[float]:
    """Told by the logs, of the steps that were under way."""
    begun = {process: list(_lines(process, _STARTED)) for process in house.processes}
    found = []
    for killed_at, killed in house.killed:
        left = Counter(step for _, step in _lines(killed, _LEFT))
        held = Counter(step for _, step in begun[killed]) - left
        others = [each for process, those in begun.items() if process is not killed for each in those]
        for step in held:
            later = [at for at, other in others if other == step and at > killed_at]
            if later:
                found.append((min(later) - killed_at).total_seconds())
    return found


def _lines(process: Process, pattern: re.Pattern[str]) -> Iterator[tuple[datetime, tuple[str, str]]]:
    """When it told what of which step of which job. Threads of a process may share a line."""
    for at, line in zip(process.heard_at, process.output, strict=True):
        for told in map(json.loads, pattern.findall(line)):
            yield at, (told["job_id"], told["action"])
