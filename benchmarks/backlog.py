"""Two hundred jobs at once: all must complete, and how fast they do."""

import asyncio
import time
from pathlib import Path

from benchmarks.results import Row, in_ms
from benchmarks.service import Followed, follow, fresh_bench
from benchmarks.sources import BYTES_PER_S, make_wav, whole_file

JOBS = 200
CLIP_S, SEGMENT_S = 10, 2


async def measure(folder: Path) -> list[Row]:
    with fresh_bench(folder) as bench:
        clip = folder / "clip.wav"
        make_wav(clip, CLIP_S * BYTES_PER_S)
        url = bench.site.add("/clip.wav", whole_file(clip))
        async with bench.client() as client:
            begun_s = time.perf_counter()
            following = (follow(client, url, SEGMENT_S, "wav") for _ in range(JOBS))
            ended = await asyncio.gather(*following, return_exceptions=True)
            took_s = time.perf_counter() - begun_s
    jobs = [one for one in ended if isinstance(one, Followed)]
    speed = f"{len(jobs)} completed in {took_s:.1f} s: {len(jobs) / took_s:.1f} jobs/s"
    return [
        Row(f"{JOBS} jobs queued at once ({CLIP_S} s clips)", "all complete", speed, 1, len(jobs) == JOBS),
        Row("the create call, 200 at once", "", in_ms([job.created_s for job in jobs]), len(jobs)),
    ]
