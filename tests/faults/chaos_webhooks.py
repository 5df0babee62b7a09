"""Many webhooks to a receiver that refuses each a few times, while servers and workers are killed."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from tests.corpus.recordings import RATE, music, write_wav
from tests.faults.chaos_houses import House
from tests.faults.chaos_run import until_told
from tests.faults.invariants import Problem, problems_of_deliveries
from tests.faults.watched import PATIENCE
from tests.services.web import running_site, whole
from tests.services.zerokerf import API_KEY
from tests.webhooks.receiver import Received, Receiver, Script, receiving
from zerokerf.client import AsyncClient

LENGTH_S = 2
#: How often each is answered with an error before it is taken.
REFUSALS = 3
AT_ONCE = 10
LONGEST_PAUSE_S = 2.0
TOLD_WITHIN_S = 240.0


@dataclass(slots=True)
class WebhookReport:
    hurts: Counter[str] = field(default_factory=Counter)
    delivered: int = 0
    #: Requests that arrived, the refused ones among them.
    arrived: int = 0
    problems: list[Problem] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def kills(self) -> int:
        return sum(self.hurts.values())


async def run_webhooks(
    house: House,
    folder: Path,
    *,
    webhooks: int,
    kills: int,
    seed: int,
    tell: Callable[[str], None] = lambda _: None,
) -> WebhookReport:
    """One webhook a job; all jobs are asked for at once, the kills are spread over their attempts."""
    began, report, chance = time.monotonic(), WebhookReport(), random.Random(seed)
    source = folder / "short.wav"
    write_wav(source, music(LENGTH_S * RATE))
    with running_site() as site:
        url = site.add("/short.wav", whole(source.read_bytes()))
        async with receiving(_refusing()) as receiver:
            sending = asyncio.create_task(_send(house, receiver, url, webhooks))
            for _ in range(kills):
                await asyncio.sleep(chance.uniform(0, LONGEST_PAUSE_S))
                hurt = chance.choice(["kill server", "kill worker"])
                tell(f"{report.kills} kills, {len(receiver.received)} requests: {hurt}")
                await house.hurts[hurt]()
                report.hurts[hurt] += 1
            async with asyncio.timeout(TOLD_WITHIN_S):
                job_ids = await sending
                await until_told(house)
            report.problems = await problems_of_deliveries(house, job_ids, receiver.received)
            report.delivered = len({each.headers["webhook-id"] for each in receiver.received})
            report.arrived = len(receiver.received)
    report.took_s = time.monotonic() - began
    return report


async def _send(house: House, receiver: Receiver, url: str, count: int) -> list[str]:
    turns = asyncio.Semaphore(AT_ONCE)
    async with AsyncClient(house.deployment.grpc_address, API_KEY, patience=PATIENCE) as client:

        async def one() -> str:
            async with turns:
                request_id = str(uuid.uuid4())
                every = timedelta(seconds=1)
                split = await client.create_split(
                    url=url, every=every, webhook_url=receiver.url, request_id=request_id
                )
                await client.wait(split.id)
                return split.id

        return await asyncio.gather(*(one() for _ in range(count)))


def _refusing() -> Script:
    """Each webhook is refused so often, whoever else comes between."""
    seen: Counter[str] = Counter()

    async def script(received: Received, writer: asyncio.StreamWriter) -> None:
        name = received.headers["webhook-id"]
        seen[name] += 1
        status = 503 if seen[name] <= REFUSALS else 200
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())

    return script
