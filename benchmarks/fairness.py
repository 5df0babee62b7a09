"""A thousand jobs of one account in line: how soon a small job of another one begins."""

import asyncio
import time
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

from benchmarks.results import Row, in_seconds
from benchmarks.service import Bench, fresh_bench
from benchmarks.sources import BYTES_PER_S, make_wav, whole_file
from server.accounts.operators import Operators
from server.accounts.plans import read_plans
from server.database.open import open_database
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split

JOBS = 1000
CREATES_AT_ONCE = 20
CLIP_S, SEGMENT_S = 10, 2
REPEATS = 10
WITHIN_S = 5.0


async def measure(folder: Path) -> list[Row]:
    with fresh_bench(folder) as bench:
        clip = folder / "clip.wav"
        make_wav(clip, CLIP_S * BYTES_PER_S)
        url = bench.site.add("/clip.wav", whole_file(clip))
        key = await _another_account(bench)
        async with bench.client() as crowd, AsyncClient(bench.deployment.grpc_address, key) as other:
            await _submit_all(crowd, url)
            waited_s = [await _begins_within(other, url) for _ in range(REPEATS)]
            left = await _unfinished(crowd)
    what = f"small job of another account, {JOBS} jobs in line: create to begun"
    told = f"{in_seconds(waited_s)}; {left} of them not ended at the end"
    return [Row(what, f"≤ {WITHIN_S:g} s", told, REPEATS, left > 0 and max(waited_s) <= WITHIN_S)]


async def _another_account(bench: Bench) -> str:
    async with open_database(f"sqlite:///{bench.deployment.data_dir / 'zerokerf.db'}") as database:
        made = await Operators(database, read_plans(None, "unlimited")).create("Another")
    return made.key.secret


async def _submit_all(client: AsyncClient, url: str) -> None:
    free = asyncio.Semaphore(CREATES_AT_ONCE)

    async def submit() -> None:
        async with free:
            await client.create_split(url=url, every=timedelta(seconds=SEGMENT_S), to="mp3")

    await asyncio.gather(*(submit() for _ in range(JOBS)))


async def _begins_within(client: AsyncClient, url: str) -> float:
    begun_s = time.perf_counter()
    job = await client.create_split(url=url, every=timedelta(seconds=SEGMENT_S), to="mp3")
    async with aclosing(client.watch(job.id)) as events:
        async for event in events:
            if event.state != Split.STATE_QUEUED:
                return time.perf_counter() - begun_s
    raise RuntimeError("the stream ended before the job had begun")


async def _unfinished(client: AsyncClient) -> int:
    states = (Split.STATE_QUEUED, Split.STATE_PROCESSING)
    return len([job async for job in client.list_splits(*states)])
